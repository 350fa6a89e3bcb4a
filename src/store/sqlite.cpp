#include "store/sqlite.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tutti::store {

namespace {

std::unexpected<Error> failed(sqlite3* db) {
    const char* file = db == nullptr ? nullptr : sqlite3_db_filename(db, "main");
    std::string remedy;
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL:
        remedy = "the disk is full: make room";
        break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        remedy = "check owner and mode of the file and its folder";
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        remedy = "put the file aside; restore a backup, or start without one";
        break;
    default:
        break;
    }
    return fail(ErrorKind::internal, std::string("the database says: ") + sqlite3_errmsg(db),
                file == nullptr ? "" : file, remedy);
}

} // namespace

Statement& Statement::bind(int index, std::string_view text) {
    sqlite3_bind_text64(stmt_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
    sqlite3_bind_int64(stmt_, index, number);
    return *this;
}

Statement& Statement::bind_or_null(int index, const std::optional<std::string>& text) {
    if (text) return bind(index, std::string_view(*text));
    sqlite3_bind_null(stmt_, index);
    return *this;
}

Statement& Statement::bind_or_null(int index, std::optional<std::int64_t> number) {
    if (number) return bind(index, *number);
    sqlite3_bind_null(stmt_, index);
    return *this;
}

Expected<bool> Statement::step() {
    switch (sqlite3_step(stmt_)) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default:
        return failed(sqlite3_db_handle(stmt_));
    }
}

Expected<void> Statement::run() {
    auto row = step();
    if (!row) return std::unexpected(row.error());
    return {};
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(stmt_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column));
    return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

Expected<void> create_private(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(ErrorKind::internal, std::string("cannot open the database (") + std::strerror(errno) + ")", path,
                    "the folder must exist and be writable for this user");
    const bool ok = ::fchmod(fd, 0600) == 0;
    ::close(fd);
    if (!ok) return fail(ErrorKind::internal, "cannot set the mode of the database to 0600", path, "check its owner");
    return {};
}

Expected<std::unique_ptr<Connection>> Connection::open(const std::string& path) {
    sqlite3* db = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int rc = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
    std::unique_ptr<Connection> out(new Connection(db));
    if (rc != SQLITE_OK) return failed(db);
    // A backup tool may hold the lock for a moment.
    sqlite3_busy_timeout(db, 5000);
    // FULL: a commit that returned is on disk, also when the power fails.
    if (auto ok = out->execute("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;"
                               "pragma trusted_schema = off; pragma cell_size_check = on;");
        !ok)
        return std::unexpected(ok.error());
    return out;
}

Connection::~Connection() {
    for (auto& [sql, stmt] : statements_) sqlite3_finalize(stmt);
    sqlite3_close(db_);
}

Expected<void> Connection::execute(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed(db_);
    return {};
}

Statement Connection::prepare(const char* sql) {
    auto& stmt = statements_[sql];
    if (stmt == nullptr) sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
    return Statement(stmt);
}

Expected<Transaction> Transaction::begin(Connection& db) {
    if (auto ok = db.execute("begin immediate"); !ok) return std::unexpected(ok.error());
    return Transaction(db);
}

Transaction::~Transaction() {
    if (db_ != nullptr) (void)db_->execute("rollback");
}

Expected<void> Transaction::commit() {
    if (auto ok = db_->execute("commit"); !ok) return ok;
    db_ = nullptr;
    return {};
}

} // namespace tutti::store
