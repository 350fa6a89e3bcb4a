#include "agent/agent_migrations.hpp"
#include "agent/agent_store.hpp"

#include "agent/fakes_test.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tutti::agent {
namespace {

using accept::testing::kNow;
using accept::testing::name;

class AgentStoreTest : public ::testing::Test {
  protected:
    AgentStoreTest() { reopen(); }
    void reopen() {
        store.reset();
        store = AgentStore::open(folder.file("parent.db")).value();
    }
    std::vector<Entry> all() { return store->entries({}, 0, 100).value(); }

    testing::Folder folder;
    std::unique_ptr<AgentStore> store;
    dns::Name child = name("child.example");
};

Memory full() {
    Memory m;
    m.last_change = accept::Applied{kNow, accept::Channel::in_band, kNow - seconds(10)};
    m.last_csync = accept::CsyncDone{7, "abc", kNow};
    m.delay = accept::Delay{"set", kNow, kNow + seconds(1), 2};
    m.ttl = TtlRestore{kNow + seconds(5), 86400};
    m.suspended = m.notifies = true;
    m.attempt = 3;
    m.tries = 2;
    m.look_at = kNow + seconds(9);
    return m;
}

TEST_F(AgentStoreTest, WhatIsRememberedComesBackAfterARestart) {
    ASSERT_TRUE(store->save(child, full()));
    reopen();
    EXPECT_EQ(store->load(child).value(), full());
    EXPECT_EQ(store->to_look_at(10).value(), (std::vector{std::pair{kNow + seconds(9), child}}));
    EXPECT_TRUE(store->to_restore(kNow, 10).value().empty());
    EXPECT_EQ(store->to_restore(kNow + seconds(5), 10).value(), std::vector{child});
}

TEST_F(AgentStoreTest, AChildWithNothingToRememberHasNoRow) {
    ASSERT_TRUE(store->save(child, full()));
    ASSERT_TRUE(store->save(child, {}));
    int rows = 0;
    ASSERT_TRUE(store->each_child([&](const dns::Name&, bool) { ++rows; }));
    EXPECT_EQ(rows, 0);
}

TEST_F(AgentStoreTest, WhatIsKeptForLaterIsReadAtOnceAndOnDiskAfterFlush) {
    store->change_soon(child, [](Memory& m) { m.attempt = 1; });
    store->note_soon({0, kNow, kNow, 1, child, "reject", "because", "", ""});
    EXPECT_EQ(store->load(child).value().attempt, 1);
    reopen(); // a crash before flush(): as if it had not been
    EXPECT_EQ(store->load(child).value().attempt, 0);
    EXPECT_TRUE(all().empty());
    store->change_soon(child, [](Memory& m) { m.attempt = 1; });
    store->note_soon({0, kNow, kNow, 1, child, "reject", "because", "", ""});
    ASSERT_TRUE(store->flush({{"hand", "5"}}));
    reopen();
    EXPECT_EQ(store->load(child).value().attempt, 1);
    EXPECT_EQ(all().size(), 1U);
    EXPECT_EQ(store->setting("hand").value(), "5");
}

TEST_F(AgentStoreTest, ALaterChangeSeesTheOneThatWaits) {
    store->change_soon(child, [](Memory& m) { m.attempt = 1; });
    ASSERT_TRUE(store->change(child, [](Memory& m) { m.tries = m.attempt + 1; }));
    ASSERT_TRUE(store->flush({}));
    EXPECT_EQ(store->load(child).value().attempt, 1);
    EXPECT_EQ(store->load(child).value().tries, 2);
}

TEST_F(AgentStoreTest, AFailureInsideUndoesAll) {
    const auto done = store->together([&]() -> Expected<void> {
        if (auto ok = store->save(child, full()); !ok) return ok;
        return fail(ErrorKind::internal, "stop");
    });
    EXPECT_FALSE(done);
    EXPECT_TRUE(store->load(child).value().empty());
}

TEST_F(AgentStoreTest, TheSameAgainIsCounted) {
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(store->note({0, kNow + seconds(i), {}, 1, child, "reject", "text", "{}", "f"}));
    ASSERT_TRUE(store->note({0, kNow + seconds(3), {}, 1, child, "reject", "other", "{}", "g"}));
    ASSERT_TRUE(store->note({0, kNow + seconds(4), {}, 1, child, "reject", "text", "{}", "f"}));
    const auto entries = all();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].times, 3);
    EXPECT_EQ(entries[0].last, kNow + seconds(2));
    EXPECT_EQ(entries[2].times, 1);
}

TEST_F(AgentStoreTest, TheLogIsBoundedByNumberAndAge) {
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(store->note({0, kNow + seconds(i), {}, 1, child, "reject", std::to_string(i), "", ""}));
    ASSERT_TRUE(store->prune(kNow, 20));
    ASSERT_EQ(all().size(), 20U);
    EXPECT_EQ(all().front().text, "30");
    ASSERT_TRUE(store->prune(kNow + seconds(40), 20));
    EXPECT_EQ(all().size(), 10U);
}

TEST_F(AgentStoreTest, ASubmissionComesBackAsItWas) {
    const auto world = accept::testing::rollover();
    Submission s{
        0, kNow, world.child, world.judge(), world.r, {accept::testing::key("ksk1").key()}, Submission::State::recorded,
        ""};
    ASSERT_TRUE(store->begin(s));
    reopen();
    const auto open = store->open_submissions(world.child).value();
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].verdict, s.verdict);
    EXPECT_EQ(open[0].registry, s.registry);
    EXPECT_EQ(open[0].keys, s.keys);
    EXPECT_EQ(open[0].change().expected.ds, world.r.ds);
    EXPECT_FALSE(open[0].change().expected.ns); // not what it is about
    s.state = Submission::State::closed;
    ASSERT_TRUE(store->move(s, "done"));
    EXPECT_TRUE(store->open_submissions().value().empty());
}

TEST_F(AgentStoreTest, OneAgentForOneDatabase) {
    EXPECT_FALSE(AgentStore::open(folder.file("parent.db")));
    EXPECT_TRUE(AgentStore::look_into(folder.file("parent.db")));
    EXPECT_FALSE(AgentStore::look_into(folder.file("none.db")));
    EXPECT_FALSE(std::filesystem::exists(folder.path / "none.db"));
}

TEST_F(AgentStoreTest, SeenDsKeepsLargeNumbers) {
    ASSERT_TRUE(store->set_seen(~Mark{0}, ~std::uint64_t{0}));
    ASSERT_TRUE(store->set_seen(1, 2));
    EXPECT_EQ(store->seen().value(), (std::vector<SeenDs>{{1, 2}, {~Mark{0}, ~std::uint64_t{0}}}));
    ASSERT_TRUE(store->set_seen(1, std::nullopt));
    EXPECT_EQ(store->seen_ds(1).value(), std::nullopt);
}

// The copy of a migration in the program is the file as it stands.
TEST(AgentMigrations, EmbedsTheFilesAsTheyAre) {
    const auto folder = std::filesystem::path(__FILE__).parent_path() / "migrations";
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(entry.path());
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        EXPECT_TRUE(std::ranges::any_of(agent_migrations(), [&](const auto& m) { return text == m.sql; }));
        ++files;
    }
    EXPECT_EQ(files, agent_migrations().size());
}

} // namespace
} // namespace tutti::agent
