#include "agent/submitter.hpp"

#include "agent/fakes_test.hpp"
#include "agent/generation.hpp"

#include <gmock/gmock.h>

namespace tutti::agent {
namespace {

using accept::testing::kDay;
using accept::testing::kNow;
using accept::testing::World;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using State = port::Submission::State;

class SubmitterTest : public ::testing::Test {
  protected:
    SubmitterTest() {
        reopen();
        start();
        registry.state = world.r;
        see(world.r.ds);
    }
    ~SubmitterTest() override { submitter.reset(); }

    void reopen() {
        store.reset();
        store = AgentStore::open(folder.file("parent.db")).value();
    }
    void start() {
        settings.scan.policy = world.p;
        settings.submitters = 2;
        submitter =
            std::make_unique<Submitter>(Submitter::Ports{registry, *store, clock, [](bool, const std::string&) {},
                                                         [this](const Occasion& o) {
                                                             const std::scoped_lock lock{mutex};
                                                             told.push_back(o.kind);
                                                         },
                                                         [this](const dns::Name&, Instant when) {
                                                             const std::scoped_lock lock{mutex};
                                                             looks.push_back(when - clock.time.load());
                                                         },
                                                         [](const dns::Name& n) { return mark_of(1, n.wire()); }},
                                        settings);
    }
    void see(const std::vector<dnssec::Ds>& ds) {
        std::vector<dns::Rdata> all;
        for (const auto& d : ds) all.push_back(d.rdata());
        ASSERT_TRUE(store->set_seen(mark_of(1, world.child.wire()), number_of(std::move(all))));
    }
    void wait() {
        while (submitter->busy()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    void submit() {
        submitter->submit({world.e, world.r, world.judge()});
        wait();
    }
    std::vector<std::string> kinds() {
        std::vector<std::string> out;
        for (const auto& e : store->entries(world.child, 0, 100).value()) out.push_back(e.kind);
        return out;
    }
    Memory memory() { return store->load(world.child).value(); }
    bool nothing_open() { return store->open_submissions().value().empty(); }

    World world = accept::testing::rollover();
    testing::Folder folder;
    testing::TestClock clock;
    testing::TestRegistry registry;
    Settings settings;
    std::unique_ptr<AgentStore> store;
    std::unique_ptr<Submitter> submitter;
    std::mutex mutex;
    std::vector<Occasion::Kind> told;
    std::vector<Duration> looks;
};

TEST_F(SubmitterTest, AnAcceptedChangeIsMadeOnceAndRemembered) {
    submit();
    EXPECT_EQ(registry.made, 1);
    EXPECT_EQ(registry.state.ds, std::vector{world.ds(accept::testing::key("ksk2"))});
    EXPECT_THAT(kinds(), ElementsAre("accept", "done"));
    ASSERT_TRUE(memory().last_change);
    EXPECT_EQ(memory().last_change->channel, accept::Channel::in_band);
    EXPECT_TRUE(memory().last_change->inception); // for the replay guard (R27)
    ASSERT_TRUE(memory().ttl);                    // R56
    EXPECT_EQ(memory().ttl->ttl, world.r.ds_ttl);
    EXPECT_EQ(registry.state.ds_ttl, world.p.change_ttl);
    EXPECT_TRUE(nothing_open());
    submit(); // the same judgement again: the registry has it
    EXPECT_EQ(registry.made, 1);
    EXPECT_EQ(registry.asked, 1);
}

TEST_F(SubmitterTest, TheChangeIsOnDiskBeforeItIsSent) {
    registry.on_apply = [&] {
        const auto open = store->open_submissions().value();
        ASSERT_EQ(open.size(), 1U);
        EXPECT_EQ(open[0].state, Submission::State::recorded);
        EXPECT_EQ(open[0].change().expected.ds, world.r.ds);
    };
    submit();
    EXPECT_EQ(registry.made, 1);
}

// Killed after the registry had it and before that was written down.
TEST_F(SubmitterTest, AfterAStopWhatIsThereIsNotSentAgain) {
    Submission s{0, kNow, world.child, world.judge(), world.r, {}, Submission::State::recorded, ""};
    ASSERT_TRUE(store->begin(s));
    registry.make(s.change());
    submitter.reset();
    reopen();
    start();
    submitter->settle(world.child);
    wait();
    EXPECT_EQ(registry.asked, 0);
    EXPECT_TRUE(nothing_open());
    EXPECT_THAT(kinds(), ElementsAre("done"));
    EXPECT_EQ(memory().last_change->channel, accept::Channel::in_band); // it was ours
}

// Killed before the registry had it: never replayed, the child is looked at again (R70).
TEST_F(SubmitterTest, AfterAStopWhatIsNotThereIsLookedAtAgain) {
    Submission s{0, kNow, world.child, world.judge(), world.r, {}, Submission::State::recorded, ""};
    ASSERT_TRUE(store->begin(s));
    submitter.reset();
    clock.time = kNow + seconds(1);
    start();
    submitter->settle(world.child);
    wait();
    EXPECT_EQ(registry.asked, 0);
    EXPECT_EQ(memory().tries, 0); // the registry did nothing wrong
    EXPECT_THAT(kinds(), ElementsAre("interrupted"));
    EXPECT_THAT(looks, ElementsAre(Duration{0}));
    EXPECT_TRUE(memory().look_at);
}

// Killed while it was on its way: the registry has it only after we have looked.
TEST_F(SubmitterTest, AfterAStopWhatComesLateIsStillOurs) {
    Submission s{0, kNow, world.child, world.judge(), world.r, {}, Submission::State::recorded, ""};
    ASSERT_TRUE(store->begin(s));
    submitter.reset();
    clock.time = kNow + seconds(1);
    start();
    submitter->settle(world.child);
    wait();
    registry.make(s.change());
    submitter->compare(world.child);
    wait();
    submit(); // the look that followed
    EXPECT_EQ(registry.asked, 0);
    EXPECT_THAT(kinds(), ElementsAre("interrupted", "done"));
    EXPECT_EQ(memory().last_change->channel, accept::Channel::in_band);
    EXPECT_TRUE(memory().ttl);
}

// The same DS, but somebody had changed them meanwhile.
TEST_F(SubmitterTest, AfterAStopWhatOthersDoIsNotOurs) {
    Submission s{0, kNow, world.child, world.judge(), world.r, {}, Submission::State::recorded, ""};
    ASSERT_TRUE(store->begin(s));
    submitter.reset();
    clock.time = kNow + seconds(1);
    start();
    registry.state.ds.push_back(world.ds(accept::testing::key("rsa")));
    submitter->settle(world.child);
    wait();
    registry.state = world.r;
    registry.make(s.change());
    submitter->compare(world.child);
    wait();
    EXPECT_THAT(kinds(), ElementsAre("interrupted", "changed", "changed"));
}

TEST_F(SubmitterTest, WhatComesMuchLaterIsNotOurs) {
    Submission s{0, kNow, world.child, world.judge(), world.r, {}, Submission::State::recorded, ""};
    ASSERT_TRUE(store->begin(s));
    submitter.reset();
    clock.time = kNow + seconds(1);
    start();
    submitter->settle(world.child);
    wait();
    clock.time = kNow + seconds(3600);
    registry.make(s.change());
    submitter->compare(world.child);
    wait();
    EXPECT_THAT(kinds(), ElementsAre("interrupted", "changed"));
}

TEST_F(SubmitterTest, ALostReplyIsFollowedByReadingNotBySending) {
    registry.replies.push_back({true, fail(ErrorKind::unknown_outcome, "the reply was lost")});
    submit();
    EXPECT_EQ(registry.made, 1);
    EXPECT_FALSE(nothing_open());
    submitter->settle(world.child);
    wait();
    EXPECT_EQ(registry.asked, 1);
    EXPECT_THAT(kinds(), ElementsAre("accept", "unknown", "done"));
    EXPECT_TRUE(nothing_open());
}

TEST_F(SubmitterTest, AConflictLeadsToAnotherLookAtOnceAndThenSlower) {
    for (int i = 0; i < 3; ++i) registry.replies.push_back({false, fail(ErrorKind::conflict, "somebody was quicker")});
    for (int i = 0; i < 3; ++i) submit();
    EXPECT_EQ(registry.made, 0);
    EXPECT_THAT(looks, ElementsAre(Duration{0}, seconds(600), seconds(1200)));
}

// R6: 5, 10, 20, 40 minutes, and then with all others.
TEST_F(SubmitterTest, ARegistryThatDoesNotAnswerIsAskedEverMoreRarely) {
    registry.unreadable = Error{ErrorKind::unreachable, "no answer", "", ""};
    for (int i = 0; i < 5; ++i) submit();
    EXPECT_THAT(looks, ElementsAre(seconds(300), seconds(600), seconds(1200), seconds(2400), settings.interval));
    EXPECT_EQ(registry.asked, 0);
}

TEST_F(SubmitterTest, ThrottledAndTransientArePostponed) {
    registry.replies.push_back({false, fail(ErrorKind::throttled, "slowly")});
    submit();
    EXPECT_THAT(kinds(), ElementsAre("accept", "postponed"));
    EXPECT_THAT(looks, ElementsAre(seconds(300)));
    submit();
    EXPECT_EQ(registry.made, 1);
    EXPECT_EQ(memory().tries, 0);
}

// R68: a registrar's agent cannot write under a lock: it holds, reports, and comes again.
TEST_F(SubmitterTest, ALockHoldsAndIsReported) {
    registry.replies.push_back({false, port::Submission{State::held, "", "serverUpdateProhibited"}});
    submit();
    EXPECT_THAT(kinds(), ElementsAre("accept", "held"));
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::registry));
    EXPECT_TRUE(memory().look_at);
}

TEST_F(SubmitterTest, ARefusalIsReportedAndNotRepeatedByItself) {
    registry.replies.push_back({false, fail(ErrorKind::refused, "policy")});
    submit();
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::registry));
    EXPECT_THAT(looks, IsEmpty());
    EXPECT_FALSE(memory().look_at);
}

TEST_F(SubmitterTest, APendingChangeIsWaitedForAndNotAskedForTwice) {
    registry.replies.push_back({false, port::Submission{State::pending, "T1", "a person decides"}});
    submit();
    submit();
    EXPECT_EQ(registry.asked, 1);
    EXPECT_THAT(kinds(), ElementsAre("accept", "pending", "waiting"));
    const auto open = store->open_submissions().value();
    ASSERT_EQ(open.size(), 1U);
    registry.make(open[0].change()); // the registry does it
    EXPECT_TRUE(submitter->hear({port::Notice::Kind::done, world.child, "M1", "T1", "done"}));
    wait();
    EXPECT_TRUE(nothing_open());
    EXPECT_THAT(kinds(), Contains("done"));
    EXPECT_EQ(registry.made, 1);
}

TEST_F(SubmitterTest, ARejectedPendingChangeIsClosedAndReported) {
    registry.replies.push_back({false, port::Submission{State::pending, "T1", "a person decides"}});
    submit();
    EXPECT_TRUE(submitter->hear({port::Notice::Kind::rejected, {}, "M1", "T1", "no"}));
    EXPECT_TRUE(nothing_open());
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::registry));
    EXPECT_FALSE(memory().last_change);
}

// Without a message the registry's own state tells.
TEST_F(SubmitterTest, APendingChangeThatCameTrueIsSeen) {
    registry.replies.push_back({false, port::Submission{State::pending, "", "written for review"}});
    submit();
    registry.make(store->open_submissions().value().at(0).change());
    submitter->settle(world.child);
    wait();
    EXPECT_TRUE(nothing_open());
    EXPECT_EQ(registry.made, 1);
}

TEST_F(SubmitterTest, AnotherWishTakesThePlaceOfAPendingOne) {
    registry.replies.push_back({false, port::Submission{State::pending, "", "written for review"}});
    submit();
    const auto policy = world.p;
    world.wish({&accept::testing::key("ksk1"), &accept::testing::key("ksk2")});
    submit();
    EXPECT_THAT(kinds(), ElementsAre("accept", "pending", "superseded", "accept", "done"));
    EXPECT_EQ(registry.state.ds.size(), 2U);
}

// R43: the DS go by another channel.
TEST_F(SubmitterTest, RemovalByAnotherChannelSuspends) {
    registry.state.ds.clear();
    submitter->compare(world.child);
    wait();
    EXPECT_TRUE(memory().suspended);
    EXPECT_THAT(kinds(), ElementsAre("suspended"));
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::manual));
    world = accept::testing::first_ds();
    submit();
    EXPECT_EQ(registry.asked, 0); // the bootstrap is held
    // R44: any DS ends it.
    registry.state.ds = {world.ds(accept::testing::key("ksk1"))};
    submitter->compare(world.child);
    wait();
    EXPECT_FALSE(memory().suspended);
}

// R43: its own removal does not suspend.
TEST_F(SubmitterTest, RemovalInBandKeepsTheAutomation) {
    world = accept::testing::removal();
    submit();
    EXPECT_EQ(registry.made, 1);
    EXPECT_FALSE(memory().suspended);
    submitter->compare(world.child);
    wait();
    EXPECT_THAT(kinds(), ElementsAre("accept", "done"));
    EXPECT_THAT(told, ElementsAre(Occasion::Kind::over, Occasion::Kind::removed)); // R67
}

// R27: what was signed before the DS were changed by hand is not acted on.
TEST_F(SubmitterTest, AChangeByAnotherChannelMakesOlderWishesVoid) {
    registry.state.ds.push_back(world.ds(accept::testing::key("rsa")));
    submit();
    EXPECT_EQ(registry.asked, 0);
    EXPECT_THAT(kinds(), ElementsAre("changed", "reject"));
}

// R38: such a change begins the counting anew.
TEST_F(SubmitterTest, AChangeByAnotherChannelForgetsTheDelay) {
    ASSERT_TRUE(store->change(world.child, [](Memory& m) { m.delay = accept::Delay{"x", kNow, kNow, 2}; }));
    registry.state.ds.push_back(world.ds(accept::testing::key("rsa")));
    submitter->compare(world.child);
    wait();
    EXPECT_FALSE(memory().delay);
}

// R56
TEST_F(SubmitterTest, TheOldTtlComesBackInItsTimeAndNotBefore) {
    submit();
    submitter->restore(world.child);
    wait();
    EXPECT_EQ(registry.made, 1);
    clock.time = memory().ttl->at;
    submitter->restore(world.child);
    wait();
    EXPECT_EQ(registry.made, 2);
    EXPECT_EQ(registry.state.ds_ttl, world.r.ds_ttl);
    EXPECT_TRUE(registry.last->change.empty()); // nothing but the TTL
    EXPECT_FALSE(memory().ttl);
}

TEST_F(SubmitterTest, ADryRunSendsNothing) {
    submitter.reset();
    settings.dry_run = true;
    start();
    submit();
    EXPECT_EQ(registry.asked, 0);
    EXPECT_THAT(kinds(), ElementsAre("would"));
    EXPECT_TRUE(nothing_open());
}

// Evidence that lay too long is not acted on.
TEST_F(SubmitterTest, OldEvidenceIsLookedAtAgain) {
    clock.time = kNow + world.p.max_age + seconds(1);
    submitter->submit({world.e, world.r, world.judge()});
    wait();
    EXPECT_EQ(registry.asked, 0);
    EXPECT_THAT(looks, Not(IsEmpty()));
}

TEST_F(SubmitterTest, AChildThatTheRegistryDoesNotHaveIsForgotten) {
    ASSERT_TRUE(store->change(world.child, [](Memory& m) { m.attempt = 2; }));
    registry.unreadable = Error{ErrorKind::not_found, "no such domain", "", ""};
    submit();
    EXPECT_TRUE(memory().empty());
    EXPECT_THAT(kinds(), ElementsAre("gone"));
}

} // namespace
} // namespace tutti::agent
