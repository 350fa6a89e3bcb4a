#include "agent/desk.hpp"

#include "agent/fakes_test.hpp"

#include <gmock/gmock.h>

namespace tutti::agent {
namespace {

using accept::Decision;
using accept::Trigger;
using accept::testing::kNow;
using accept::testing::name;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kSalt = 1;

// Children by name, each with one server; `signed_ones` have a DS.
class ListSource final : public Source {
  public:
    Expected<std::string> version() override { return std::to_string(++version_); }
    Expected<void> read(scan::Delegations& out, const scan::Delegations*) override {
        for (const auto& child : children) out.add_ns(name(child), name("ns." + child));
        for (const auto& [child, ds] : signed_ones) out.add_ds(name(child), accept::testing::rdata(dns::Type::DS, ds));
        out.seal();
        return {};
    }
    std::vector<std::string> children;
    std::map<std::string, std::string> signed_ones;

  private:
    int version_ = 0;
};

class DeskTest : public ::testing::Test {
  protected:
    DeskTest() {
        for (int i = 0; i < 40; ++i) source.children.push_back("c" + std::to_string(i) + ".example");
        settings.interval = seconds(1000);
        restart();
    }
    void restart() {
        desk.reset();
        store.reset();
        store = AgentStore::open(folder.file("parent.db")).value();
        desk = std::make_unique<Desk>(Desk::Ports{*store, clock, [](bool, const std::string&) {},
                                                  [this](const Occasion& o) { told.push_back(o.kind); },
                                                  [this](scan::Judgement j) { submitted.push_back(j.evidence.child); },
                                                  kSalt},
                                      settings);
        ASSERT_TRUE(desk->load());
        // A child of ours or not: nobody knows yet.
        EXPECT_EQ(desk->hint(name("c7.example"), Trigger::notify), Desk::Hint::not_now);
        generation = read_generation(source, kSalt, nullptr).value();
        desk->take(generation);
    }
    std::string text(const scan::Job& job) {
        return dns::Name::from_wire(generation->delegations.name(job.child)).value().text();
    }
    std::vector<scan::Job> drain() {
        std::vector<scan::Job> out;
        while (const auto job = desk->next()) out.push_back(*job);
        return out;
    }
    void end(const scan::Job& job) { desk->unchanged(job, scan::Unchanged::nothing_published); }
    void past_turns() { // nobody is due but by what the test does
        clock.time = clock.time.load() + settings.interval;
        for (const auto& job : drain()) end(job);
    }
    void judge(const scan::Job& job, Decision decision, std::optional<Instant> again = {}) {
        scan::Judgement j{{.child = name(text(job))}, {}, {}};
        j.verdict.decision = decision;
        j.verdict.look_again = again;
        j.verdict.report = decision == Decision::accept || decision == Decision::no_change ? "" : "something is wrong";
        j.verdict.reasons.push_back({accept::Reason::Weight::decisive, "code", "R7", {}, "Because"});
        desk->judged(job, {&j, 1});
    }
    scan::Job notified(const std::string& child) {
        EXPECT_EQ(desk->hint(name(child), Trigger::notify), Desk::Hint::taken);
        return desk->next().value();
    }

    testing::Folder folder;
    testing::TestClock clock;
    ListSource source;
    Settings settings;
    std::shared_ptr<const Generation> generation;
    std::unique_ptr<AgentStore> store;
    std::unique_ptr<Desk> desk;
    std::vector<Occasion::Kind> told;
    std::vector<dns::Name> submitted;
};

TEST_F(DeskTest, EverybodyHasATurnAndNobodyTwoInAnInterval) {
    std::map<std::string, int> turns;
    for (int step = 0; step <= 10; ++step) {
        for (const auto& job : drain()) {
            ++turns[text(job)];
            EXPECT_EQ(job.trigger, Trigger::scan);
            EXPECT_FALSE(job.in_full);
            end(job);
        }
        clock.time = clock.time.load() + settings.interval / 10;
    }
    EXPECT_EQ(turns.size(), 40U);
    for (const auto& [child, count] : turns) EXPECT_EQ(count, 1) << child;
}

TEST_F(DeskTest, BehindIsHowLongTheNextTurnHasBeenDue) {
    past_turns();
    EXPECT_EQ(desk->behind(clock.time.load()), Duration{0});
    const auto late = clock.time.load() + settings.interval / 2; // twenty of forty are due, the first since about then
    EXPECT_GT(desk->behind(late), settings.interval * 3 / 10);
    EXPECT_LE(desk->behind(late), settings.interval / 2);
    clock.time = late;
    for (const auto& job : drain()) end(job);
    EXPECT_EQ(desk->behind(late), Duration{0});
}

TEST_F(DeskTest, NotifyGoesFirstAndIsLookedAtInFull) {
    clock.time = clock.time.load() + settings.interval;
    const auto job = notified("c7.example");
    EXPECT_EQ(text(job), "c7.example.");
    EXPECT_EQ(job.trigger, Trigger::notify);
    EXPECT_TRUE(job.in_full);
    EXPECT_EQ(desk->hint(name("other.example"), Trigger::notify), Desk::Hint::unknown);
}

TEST_F(DeskTest, ANotifyDuringALookIsFollowedByAnother) {
    past_turns();
    const auto first = notified("c7.example");
    EXPECT_EQ(desk->hint(name("c7.example"), Trigger::notify), Desk::Hint::taken);
    EXPECT_EQ(desk->hint(name("c7.example"), Trigger::notify), Desk::Hint::taken); // one is enough
    EXPECT_FALSE(desk->next());
    end(first);
    const auto second = desk->next();
    ASSERT_TRUE(second);
    EXPECT_EQ(text(*second), "c7.example.");
    end(*second);
    EXPECT_FALSE(desk->next());
}

TEST_F(DeskTest, ANotifyThatWasAnsweredSurvivesAKill) {
    past_turns();
    ASSERT_TRUE(desk->flush());
    EXPECT_EQ(desk->hint(name("c7.example"), Trigger::notify), Desk::Hint::taken);
    restart();
    const auto job = desk->next();
    ASSERT_TRUE(job);
    EXPECT_EQ(text(*job), "c7.example.");
    EXPECT_TRUE(job->in_full);
}

// Half of the children are finished when the process dies: the others have their turn again, and none is left out.
TEST_F(DeskTest, WhoWasUnderWayWhenItDiedHasItsTurnAgain) {
    clock.time = clock.time.load() + settings.interval;
    std::set<std::string> finished, again;
    const auto jobs = drain();
    for (std::size_t i = 0; i < jobs.size(); ++i)
        if (i % 3 == 0) {
            end(jobs[i]);
            finished.insert(text(jobs[i]));
        }
    ASSERT_TRUE(desk->flush());
    restart();
    for (const auto& job : drain()) again.insert(text(job));
    for (const auto& child : source.children)
        EXPECT_TRUE(finished.contains(child + ".") || again.contains(child + ".")) << child;
}

TEST_F(DeskTest, WhatEndsWithRetryComesAgainInItsTimeAndCounts) {
    past_turns();
    auto job = notified("c7.example");
    EXPECT_EQ(job.attempt, 0);
    const Instant again = clock.time.load() + seconds(300);
    judge(job, Decision::retry, again);
    EXPECT_EQ(told, std::vector{Occasion::Kind::trouble});
    EXPECT_FALSE(desk->next());
    ASSERT_TRUE(desk->flush());
    restart(); // the wait survives
    for (const auto& other : drain()) end(other);
    clock.time = again;
    std::optional<scan::Job> found;
    for (const auto& next : drain()) {
        if (text(next) == "c7.example.")
            found = next;
        else
            end(next);
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->attempt, 1);
    EXPECT_TRUE(found->in_full);
    end(*found);
    EXPECT_EQ(store->load(name("c7.example")).value().attempt, 0);
}

TEST_F(DeskTest, AnAcceptedChangeIsSubmittedAndLookedAtAfterAKill) {
    past_turns();
    judge(notified("c7.example"), Decision::accept);
    EXPECT_THAT(submitted, ElementsAre(name("c7.example")));
    ASSERT_TRUE(desk->flush());
    restart(); // before it was written down
    const auto job = desk->next();
    ASSERT_TRUE(job);
    EXPECT_EQ(text(*job), "c7.example.");
}

// R59
TEST_F(DeskTest, WhoNotifiesIsAskedMoreRarelyUntilAChangeWasNotToldOf) {
    past_turns();
    judge(notified("c7.example"), Decision::accept);
    ASSERT_TRUE(store->change(name("c7.example"), [](Memory& m) { m.look_at.reset(); })); // it was made
    const auto turns_in = [&](int rounds) {
        int count = 0;
        for (int i = 0; i < rounds; ++i) {
            clock.time = clock.time.load() + settings.interval;
            for (const auto& job : drain()) {
                if (text(job) == "c7.example.") ++count;
                end(job);
            }
        }
        return count;
    };
    EXPECT_EQ(turns_in(14), 2);
    std::optional<scan::Job> turn;
    while (!turn) {
        clock.time = clock.time.load() + settings.interval;
        for (const auto& job : drain())
            if (text(job) == "c7.example.")
                turn = job;
            else
                end(job);
    }
    judge(*turn, Decision::accept); // found by a scan
    EXPECT_EQ(turns_in(7), 7);
}

TEST_F(DeskTest, TroubleIsToldAndSoIsItsEnd) {
    past_turns();
    judge(notified("c7.example"), Decision::reject);
    judge(notified("c7.example"), Decision::no_change);
    judge(notified("c7.example"), Decision::no_change);
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::trouble, Occasion::Kind::over));
}

// R38: NODATA in the middle of the counting.
TEST_F(DeskTest, WhoNoLongerAsksIsNoLongerCounted) {
    past_turns();
    ASSERT_TRUE(store->change(name("c7.example"), [](Memory& m) { m.delay = accept::Delay{"x", kNow, kNow, 2}; }));
    end(notified("c7.example"));
    EXPECT_FALSE(store->load(name("c7.example")).value().delay);
}

TEST_F(DeskTest, WithOnceEverybodyHasOneTurnAndItEnds) {
    settings.once = true;
    restart();
    const auto jobs = drain();
    EXPECT_EQ(jobs.size(), 40U);
    EXPECT_TRUE(desk->ended());
}

TEST_F(DeskTest, AClosedDeskGivesNothing) {
    clock.time = clock.time.load() + settings.interval;
    desk->close();
    EXPECT_FALSE(desk->next());
    EXPECT_TRUE(desk->ended());
    desk->take(generation);
    EXPECT_TRUE(desk->next());
}

// R41: new children, and those with other servers, are looked at without waiting for their turn.
TEST_F(DeskTest, NewDelegationsGoBeforeTurns) {
    past_turns();
    source.children.emplace_back("new.example");
    generation = read_generation(source, kSalt, generation.get()).value();
    desk->take(generation);
    const auto job = desk->next();
    ASSERT_TRUE(job);
    EXPECT_EQ(text(*job), "new.example.");
    EXPECT_EQ(job->trigger, Trigger::new_ns);
    EXPECT_FALSE(desk->next());
}

TEST_F(DeskTest, ChangedDsAreFoundWhenTheDelegationsAreReadAgain) {
    const std::string one = "1 13 2 " + std::string(64, 'A'), two = "2 13 2 " + std::string(64, 'A');
    source.signed_ones = {{"c1.example", one}, {"c2.example", one}, {"c3.example", one}};
    const auto changed = [&] { return changed_ds(*read_generation(source, kSalt, nullptr).value(), *store).value(); };
    EXPECT_THAT(changed(), IsEmpty()); // the first time
    EXPECT_THAT(changed(), IsEmpty());
    source.signed_ones = {{"c1.example", one}, {"c2.example", two}, {"c4.example", one}};
    auto names = changed();
    std::ranges::sort(names);
    EXPECT_THAT(names, ElementsAre(name("c2.example"), name("c3.example"), name("c4.example")));
}

} // namespace
} // namespace tutti::agent
