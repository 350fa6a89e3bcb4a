#include "store/sqlite_store.hpp"

#include "test/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace tutti::store {

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TempDir {
  public:
    TempDir() {
        std::string pattern = (fs::temp_directory_path() / "tutti-store-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TempDir() { fs::remove_all(path_); }
    std::string file(const char* name) const { return (path_ / name).string(); }

  private:
    fs::path path_;
};

dns::Name zone() {
    return dns::Name::parse("example.").value();
}

port::ZoneRecord fresh() {
    port::ZoneRecord out{.zone = zone(),
                         .parent = "lab",
                         .intent = {},
                         .knowledge = {},
                         .decision = {},
                         .settled = {},
                         .transition = {}};
    out.intent.signers = {"blue"};
    return out;
}

mode_t mode_of(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777;
}

} // namespace

TEST(SqliteStore, KeepsEverythingWhenReopened) {
    TempDir dir;
    {
        auto store = SqliteStore::open(dir.file("t.db")).value();
        auto r = fresh();
        ASSERT_TRUE(store->save(r, {{0, at_seconds(7), "x", "y", ""}}));
        EXPECT_EQ(mode_of(dir.file("t.db")), 0600U);
        EXPECT_EQ(mode_of(dir.file("t.db-wal")), 0600U);
    }
    auto store = SqliteStore::open(dir.file("t.db")).value();
    EXPECT_EQ(store->load(zone()).value().intent.signers, std::vector<std::string>{"blue"});
    EXPECT_EQ(store->newest().value(), at_seconds(7));
}

TEST(SqliteStore, NarrowsTheModeOfAFileThatIsThere) {
    TempDir dir;
    std::ofstream(dir.file("t.db")).close();
    fs::permissions(dir.file("t.db"), fs::perms::all);
    ASSERT_TRUE(SqliteStore::open(dir.file("t.db")));
    EXPECT_EQ(mode_of(dir.file("t.db")), 0600U);
}

TEST(SqliteStore, IsForOneDaemonOnly) {
    TempDir dir;
    auto first = SqliteStore::open(dir.file("t.db"));
    ASSERT_TRUE(first);
    auto second = SqliteStore::open(dir.file("t.db"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    EXPECT_THAT(second.error().text(), HasSubstr("another tutti (process " + std::to_string(::getpid()) + ")"));
    first->reset();
    EXPECT_TRUE(SqliteStore::open(dir.file("t.db")));
}

TEST(SqliteStore, SaysWhatIsWrongWithTheFile) {
    TempDir dir;
    EXPECT_THAT(SqliteStore::open(dir.file("no/such/t.db")).error().remedy, HasSubstr("folder must exist"));
    std::ofstream(dir.file("text.db")) << std::string(4096, 'x');
    EXPECT_THAT(SqliteStore::open(dir.file("text.db")).error().text(), HasSubstr("not a database"));
}

TEST(SqliteStore, RefusesANewerSchema) {
    TempDir dir;
    ASSERT_TRUE(SqliteStore::open(dir.file("t.db")));
    {
        auto db = Connection::open(dir.file("t.db")).value();
        ASSERT_TRUE(db->execute("pragma user_version = 1000"));
    }
    const auto error = SqliteStore::open(dir.file("t.db")).error();
    EXPECT_EQ(error.kind, ErrorKind::unsupported);
    EXPECT_THAT(error.seen, HasSubstr("newer tutti (schema 1000)"));
}

TEST(SqliteStore, NamesTheDamagedField) {
    TempDir dir;
    {
        auto store = SqliteStore::open(dir.file("t.db")).value();
        auto r = fresh();
        ASSERT_TRUE(store->save(r, {}));
    }
    {
        auto db = Connection::open(dir.file("t.db")).value();
        ASSERT_TRUE(db->execute("update zone set intent = '{\"signers\":[1]}'"));
    }
    auto store = SqliteStore::open(dir.file("t.db")).value();
    const auto error = store->load(zone()).error();
    EXPECT_EQ(error.kind, ErrorKind::internal);
    EXPECT_EQ(error.where, "database, zone example., intent.signers[0]");
}

TEST(SqliteStore, ServesManyThreads) {
    TempDir dir;
    auto store = SqliteStore::open(dir.file("t.db")).value();
    auto r = fresh();
    ASSERT_TRUE(store->save(r, {}));
    std::atomic<int> saved = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 20;) {
                auto mine = store->load(zone()).value();
                ++mine.steps;
                if (!store->save(mine, {{0, at_seconds(1), "x", "", ""}})) continue; // somebody was faster
                ++saved;
                ++i;
            }
        });
    threads.clear();
    EXPECT_EQ(saved, 80);
    EXPECT_EQ(store->load(zone()).value().steps, 80);
    EXPECT_EQ(store->events(zone(), 0, 1000).value().size(), 80U);
}

namespace {

// Saves for ever: `steps` and the number of events grow together, each confirmed on the pipe once it is saved.
[[noreturn]] void save_for_ever(const std::string& path, int confirm) {
    auto store = SqliteStore::open(path);
    if (!store) ::_exit(1);
    auto r = (*store)->load(zone()).value_or(fresh());
    for (;;) {
        ++r.steps;
        if (!(*store)->save(r, {{0, at_seconds(r.steps), "step", std::to_string(r.steps), ""}})) ::_exit(2);
        if (::write(confirm, &r.steps, sizeof r.steps) != sizeof r.steps) ::_exit(3);
    }
}

} // namespace

TEST(SqliteStore, LosesNothingWhenKilled) {
    TempDir dir;
    int confirmed = 0;
    for (int round = 0; round < 8; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(::pipe(pipe_ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(pipe_ends[0]);
            save_for_ever(dir.file("t.db"), pipe_ends[1]);
        }
        ::close(pipe_ends[1]);
        // Let it get going, then kill it somewhere in the middle of the next saves.
        for (int i = 0; i < 3; ++i)
            ASSERT_EQ(::read(pipe_ends[0], &confirmed, sizeof confirmed), ssize_t{sizeof confirmed});
        ::usleep(static_cast<useconds_t>(1000 + round * 1700));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
        for (int last = 0; ::read(pipe_ends[0], &last, sizeof last) == ssize_t{sizeof last};) confirmed = last;
        ::close(pipe_ends[0]);

        auto store = SqliteStore::open(dir.file("t.db")).value();
        const auto r = store->load(zone()).value();
        const auto events = store->events(zone(), 0, 1'000'000).value();
        EXPECT_GE(r.steps, confirmed) << "what was confirmed is there";
        EXPECT_LE(r.steps, confirmed + 1) << "and nothing else but the save under way";
        EXPECT_EQ(events.size(), static_cast<std::size_t>(r.steps)) << "record and events belong together";
        EXPECT_EQ(r.revision, static_cast<std::uint64_t>(r.steps));
    }
}

TEST(Ledger, LinesAreAddedInAChainAndNeverChanged) {
    TempDir dir;
    const auto file = dir.file("db");
    {
        auto store = SqliteStore::open(file).value();
        EXPECT_EQ(store->append("one")->hash, port::audit_hash("", "one"));
    }
    auto store = SqliteStore::open(file).value();
    const auto second = store->append("two").value();
    EXPECT_EQ(second.id, 2);
    EXPECT_EQ(second.hash, port::audit_hash(port::audit_hash("", "one"), "two"));
    EXPECT_EQ(store->audit(1, 10).value(), std::vector{second});
    EXPECT_EQ(check_audit(file)->lines, 2);
    EXPECT_EQ(check_audit(file)->broken, "");

    auto db = Connection::open(file).value();
    EXPECT_FALSE(db->execute("update audit set text = 'three' where id = 1"));
    EXPECT_FALSE(db->execute("delete from audit"));
    ASSERT_TRUE(db->execute("drop trigger audit_stays; update audit set text = 'three' where id = 1"));
    EXPECT_THAT(check_audit(file)->broken, HasSubstr("line 1 was changed"));
    ASSERT_TRUE(db->execute("drop trigger audit_keeps; delete from audit where id = 1"));
    EXPECT_EQ(check_audit(file)->broken, "line 1 is missing");
    EXPECT_EQ(check_audit(dir.file("none")).error().kind, ErrorKind::not_found);
}

TEST(Ledger, ARequestIsBegunOnce) {
    TempDir dir;
    auto store = SqliteStore::open(dir.file("db")).value();
    const auto at = at_seconds(1'000'000);
    EXPECT_EQ(store->begin("k", "request", at, at).value(), std::nullopt);
    EXPECT_EQ(store->begin("k", "other", at, at).value(), (port::Once{"request", false, 0, ""}));
    ASSERT_TRUE(store->finish("k", 201, "{}"));
    EXPECT_EQ(store->begin("k", "request", at, at).value(), (port::Once{"request", true, 201, "{}"}));
    EXPECT_EQ(store->begin("k", "request", at, at + std::chrono::hours(1)).value(), std::nullopt) << "forgotten";
}

TEST(SqliteStore, RemembersTheLastNumberOfAnEventThatIsGone) {
    TempDir dir;
    auto store = SqliteStore::open(dir.file("db")).value();
    EXPECT_EQ(store->last_event().value(), 0);
    auto record = fresh();
    ASSERT_TRUE(store->save(record, {{0, at_seconds(1), "seen", "a", ""}, {0, at_seconds(2), "seen", "b", ""}}));
    EXPECT_EQ(store->last_event().value(), 2);
    ASSERT_TRUE(store->remove(record.zone));
    EXPECT_EQ(store->last_event().value(), 2);
}

} // namespace tutti::store
