#include "store/backup.hpp"

#include "store/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace tutti::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Backup : public ::testing::Test {
  protected:
    Backup() {
        std::string pattern = (fs::temp_directory_path() / "tutti-backup-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        database = folder / "t.db";
        copy = folder / "copy";
    }
    ~Backup() override { fs::remove_all(folder); }

    static dns::Name zone(int i) { return dns::Name::parse("z" + std::to_string(i) + ".example.").value(); }
    static void add(SqliteStore& store, int i) {
        port::ZoneRecord r{.zone = zone(i),
                           .parent = "lab",
                           .intent = {},
                           .knowledge = model::Knowledge{zone(i), {}, {}, {}, {}},
                           .decision = {},
                           .settled = {},
                           .transition = {}};
        r.intent.signers = {"blue", "green"};
        r.intent.policy.trust_past = true;
        ASSERT_TRUE(store.save(r, {{0, at_seconds(7), "added", "added", ""}}));
    }
    void damage(const fs::path& file) const {
        std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
        f.seekp(4096 + 100);
        f << std::string(6000, 'x');
    }

    fs::path folder;
    std::string database, copy;
};

TEST_F(Backup, OfADatabaseInUse) {
    auto store = SqliteStore::open(database).value();
    for (int i = 0; i < 50; ++i) add(*store, i);
    const auto made = back_up(database, copy, false).value();
    EXPECT_EQ(made.zones, 50U);
    struct stat info{};
    ASSERT_EQ(::stat(copy.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    EXPECT_FALSE(fs::exists(copy + "-wal"));
    EXPECT_FALSE(fs::exists(copy + ".part"));
    add(*store, 50); // it goes on
    EXPECT_EQ(back_up(database, copy, false).error().kind, ErrorKind::conflict);
    EXPECT_EQ(back_up(database, copy, true).value().zones, 51U);
    EXPECT_EQ(back_up(database, database, true).error().kind, ErrorKind::conflict);
    EXPECT_EQ(back_up(folder / "none.db", folder / "x", false).error().kind, ErrorKind::not_found);
}

TEST_F(Backup, ComesBackPausedAndKnowsNothing) {
    {
        auto store = SqliteStore::open(database).value();
        add(*store, 1);
        for (const char* kind : {"token", "proposal", "signer"}) ASSERT_TRUE(store->put_config(kind, "x", "{}"));
        ASSERT_TRUE(back_up(database, copy, false));
        EXPECT_EQ(restore(copy, database, true, at_seconds(90)).error().kind, ErrorKind::conflict) << "it runs";
        add(*store, 2);
    }
    EXPECT_EQ(restore(copy, database, false, at_seconds(90)).error().kind, ErrorKind::conflict) << "it is there";
    EXPECT_EQ(restore(copy, database, true, at_seconds(90)).value().zones, 1U);
    EXPECT_TRUE(fs::exists(database + ".replaced"));
    EXPECT_FALSE(fs::exists(database + ".part"));

    auto store = SqliteStore::open(database).value();
    ASSERT_EQ(store->zones().value(), std::vector{zone(1)});
    const auto r = store->load(zone(1)).value();
    EXPECT_TRUE(r.paused);
    EXPECT_FALSE(r.knowledge.has_value());
    EXPECT_FALSE(r.intent.policy.trust_past);
    EXPECT_EQ(r.intent.signers, (std::vector<std::string>{"blue", "green"}));
    const auto events = store->events(zone(1), 0, 100).value();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].kind, "paused");
    EXPECT_EQ(events[1].at, at_seconds(90));
    EXPECT_THAT(events[1].text, HasSubstr("tutti resume"));
    EXPECT_GT(events[1].id, 1'000'000) << "an id that was given meanwhile";
    EXPECT_TRUE(store->configs("token").value().empty());
    EXPECT_TRUE(store->configs("proposal").value().empty());
    EXPECT_EQ(store->configs("signer").value().size(), 1U);
}

TEST_F(Backup, WhatIsDamagedIsNotPutBack) {
    {
        auto store = SqliteStore::open(database).value();
        for (int i = 0; i < 20; ++i) add(*store, i);
        ASSERT_TRUE(back_up(database, copy, false));
    }
    damage(copy);
    EXPECT_FALSE(restore(copy, database, true, at_seconds(90)));
    std::ofstream(folder / "text") << "this is no database";
    EXPECT_FALSE(restore(folder / "text", database, true, at_seconds(90)));
    EXPECT_FALSE(fs::exists(database + ".replaced"));
    EXPECT_EQ(SqliteStore::open(database).value()->zones().value().size(), 20U);
    damage(database);
    EXPECT_FALSE(back_up(database, folder / "other", false));
    EXPECT_FALSE(fs::exists(folder / "other"));
    EXPECT_FALSE(fs::exists(folder / "other.part"));
}

} // namespace
} // namespace tutti::store
