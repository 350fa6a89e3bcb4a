#include "store/backup.hpp"

#include "store/file_lock.hpp"
#include "store/migrate.hpp"
#include "store/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace tutti::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* kWhat = "a backup is made with `tutti backup`";

// A database as it is: nothing about it is changed by opening it.
class Raw {
  public:
    static Expected<Raw> open(const std::string& path, int flags) {
        sqlite3* db = nullptr;
        const int rc = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
        Raw out(db, path);
        if (rc != SQLITE_OK) return out.failed();
        sqlite3_busy_timeout(db, 5000);
        return out;
    }
    ~Raw() { sqlite3_close(db_); }
    Raw(Raw&& o) noexcept : db_(std::exchange(o.db_, nullptr)), path_(std::move(o.path_)) {}
    Raw& operator=(Raw&&) = delete;

    std::unexpected<Error> failed() const {
        return fail(ErrorKind::internal, std::string("the database says: ") + sqlite3_errmsg(db_), path_,
                    "check the file, its owner, and the room on the disk");
    }
    // The first column of the first row.
    Expected<std::string> ask(const char* sql) const {
        sqlite3_stmt* stmt = nullptr;
        if (sqlite3_prepare_v2(db_, sql, -1, &stmt, nullptr) != SQLITE_OK) return failed();
        const bool row = sqlite3_step(stmt) == SQLITE_ROW;
        const auto* text = row ? sqlite3_column_text(stmt, 0) : nullptr;
        std::string out = text == nullptr ? "" : reinterpret_cast<const char*>(text);
        if (sqlite3_finalize(stmt) != SQLITE_OK) return failed();
        return out;
    }
    Expected<void> copy_to(Raw& other) const {
        auto* backup = sqlite3_backup_init(other.db_, "main", db_, "main");
        if (backup == nullptr) return other.failed();
        int rc = SQLITE_OK;
        while ((rc = sqlite3_backup_step(backup, -1)) == SQLITE_BUSY || rc == SQLITE_LOCKED) sqlite3_sleep(50);
        sqlite3_backup_finish(backup);
        if (rc != SQLITE_DONE) return other.failed();
        return {};
    }

  private:
    Raw(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
    sqlite3* db_;
    std::string path_;
};

Expected<Copy> check(const std::string& file) {
    auto db = Raw::open(file, SQLITE_OPEN_READONLY);
    if (!db) return std::unexpected(db.error());
    const auto verdict = db->ask("pragma integrity_check(1)");
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != "ok")
        return fail(ErrorKind::bad_answer, "the file is damaged: " + *verdict, file, "use another backup");
    const auto version = db->ask("pragma user_version");
    if (!version) return std::unexpected(version.error());
    const int number = std::atoi(version->c_str());
    if (number == 0) return fail(ErrorKind::invalid, "this is no database of tutti", file, kWhat);
    if (number > migrations().back().number)
        return fail(ErrorKind::unsupported, "it was made by a newer tutti (schema " + *version + ")", file,
                    "use that version of tutti, or an older backup");
    const auto zones = db->ask("select count(*) from zone");
    if (!zones) return fail(ErrorKind::invalid, "this is no database of tutti", file, kWhat);
    return Copy{file, std::stoul(*zones), static_cast<std::int64_t>(fs::file_size(file))};
}

// One whole file, without a log beside it.
Expected<void> copy(const std::string& from, const std::string& to) {
    std::error_code ignored;
    fs::remove(to, ignored);
    if (auto ok = create_private(to); !ok) return ok;
    auto source = Raw::open(from, SQLITE_OPEN_READWRITE);
    if (!source) return std::unexpected(source.error());
    auto target = Raw::open(to, SQLITE_OPEN_READWRITE);
    if (!target) return std::unexpected(target.error());
    if (auto ok = source->copy_to(*target); !ok) return ok;
    if (auto ok = target->ask("pragma journal_mode = delete"); !ok) return std::unexpected(ok.error());
    return {};
}

Expected<void> put_in_place(const std::string& from, const std::string& to) {
    std::error_code ec;
    fs::rename(from, to, ec);
    if (ec) return fail(ErrorKind::internal, "cannot rename " + from + " (" + ec.message() + ")", to);
    const auto folder = fs::absolute(to).parent_path().string();
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)::fsync(fd);
        ::close(fd);
    }
    return {};
}

// Root puts it back for the daemon, whose folder it is.
void give_to_owner_of_folder(const std::string& path) {
    struct stat folder{};
    if (::geteuid() != 0 || ::stat(fs::absolute(path).parent_path().c_str(), &folder) != 0) return;
    (void)!::chown(path.c_str(), folder.st_uid, folder.st_gid);
}

// Readers of events remember the last id: those given since the copy was made must not be given to other events.
Expected<void> leave_ids_out(const std::string& database) {
    auto db = Raw::open(database, SQLITE_OPEN_READWRITE);
    if (!db) return std::unexpected(db.error());
    if (auto ok = db->ask("update sqlite_sequence set seq = seq + 1000000 where name = 'event'"); !ok)
        return std::unexpected(ok.error());
    return {};
}

// What was withdrawn or decided since must not be open again.
Expected<void> drop_all(SqliteStore& store, const std::string& kind) {
    const auto all = store.configs(kind);
    if (!all) return std::unexpected(all.error());
    for (const auto& [name, text] : *all)
        if (auto ok = store.drop_config(kind, name); !ok) return ok;
    return {};
}

Expected<void> pause_all(const std::string& database, Instant now) {
    auto store = SqliteStore::open(database);
    if (!store) return std::unexpected(store.error());
    for (const char* kind : {"token", "proposal"})
        if (auto ok = drop_all(**store, kind); !ok) return ok;
    const auto zones = (*store)->zones();
    if (!zones) return std::unexpected(zones.error());
    for (const auto& zone : *zones) {
        auto record = (*store)->load(zone);
        if (!record) return std::unexpected(record.error());
        record->paused = true;
        record->steps = 0;
        record->knowledge.reset();
        // Whoever vouched for the past did so for another one.
        record->intent.policy.trust_past = false;
        record->decision = {};
        record->decision.state = model::Decision::State::act;
        record->decided = now;
        const port::Event paused{
            0, now, "paused", "restored from a backup, and paused: look at `tutti explain`, then `tutti resume`", ""};
        if (auto ok = (*store)->save(*record, {paused}); !ok) return ok;
    }
    return {};
}

// What is there, out of the way.
Expected<void> set_aside(const std::string& database) {
    std::error_code ec;
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const auto file = database + suffix;
        if (!fs::exists(file, ec)) continue;
        fs::rename(file, database + ".replaced" + suffix, ec);
        if (ec) return fail(ErrorKind::internal, "cannot rename it (" + ec.message() + ")", file);
    }
    return {};
}

} // namespace

Expected<Copy> back_up(const std::string& database, const std::string& file, bool replace) {
    if (!fs::exists(database))
        return fail(ErrorKind::not_found, "there is no database", database, "is [daemon] database right?");
    if (fs::exists(file) && (!replace || fs::equivalent(file, database)))
        return fail(ErrorKind::conflict, "the file is there already", file, "name another one, or use --force");
    const auto half = file + ".part";
    auto made = copy(database, half);
    auto checked = made ? check(half) : std::unexpected(made.error());
    if (checked)
        if (auto ok = put_in_place(half, file); !ok) checked = std::unexpected(ok.error());
    if (!checked) {
        std::error_code ignored;
        fs::remove(half, ignored);
        return checked;
    }
    checked->file = file;
    return checked;
}

Expected<Copy> restore(const std::string& file, const std::string& database, bool replace, Instant now) {
    if (!fs::exists(file)) return fail(ErrorKind::not_found, "there is no such file", file, kWhat);
    auto lock = FileLock::take(database + ".lock");
    if (!lock) return std::unexpected(lock.error());
    give_to_owner_of_folder(database + ".lock");
    if (fs::exists(database) && !replace)
        return fail(ErrorKind::conflict, "there is a database already", database,
                    "--force puts it aside (" + database + ".replaced)");
    auto checked = check(file);
    if (!checked) return checked;
    const auto half = database + ".part";
    if (auto ok = copy(file, half); !ok) return std::unexpected(ok.error());
    auto done = leave_ids_out(half);
    if (done) done = pause_all(half, now);
    give_to_owner_of_folder(half);
    if (done) done = set_aside(database);
    if (done) done = put_in_place(half, database);
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) fs::remove(half + suffix, ignored);
    if (!done) return std::unexpected(done.error());
    checked->file = database;
    return checked;
}

} // namespace tutti::store
