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

} // namespace tutti::store

namespace tutti::test {

namespace {

// The folder goes with the store.
std::shared_ptr<port::Store> in_a_folder_of_its_own() {
    auto dir = std::make_shared<store::TempDir>();
    auto made = store::SqliteStore::open(dir->file("contract.db")).value();
    return {made.release(), [dir](port::Store* p) { delete p; }};
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(MakeStore(in_a_folder_of_its_own)));

} // namespace tutti::test
