#include "plan/forecast.hpp"
#include "plan/test_zone.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace tutti::plan::test {
namespace {

using State = model::Decision::State;

std::string explain(const model::Decision& d) {
    std::string out = model::to_string(d.state);
    for (const auto& a : d.actions) out += "\n  do   " + a.because;
    for (const auto& r : d.because) out += "\n  wait " + r.text + " [" + r.blocks + "]";
    for (const auto& r : d.alarms) out += "\n  alarm " + r.text;
    return out;
}

// blue is alone and has been for long; green and red stand by.
TestZone blue_alone(model::ParentMode mode = model::ParentMode::direct) {
    TestZone z;
    z.mode = mode;
    z.add("blue", 10);
    z.add("green", 20);
    z.add("red", 30);
    z.delegate_to(z.signers[0]);
    z.intent.signers = {"blue"};
    z.intent.policy.trust_past = true;
    return z;
}

Duration change(TestZone& z, std::vector<std::string> to) {
    z.intent.signers = std::move(to);
    z.look();
    Instant start = z.now;
    auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_TRUE(d.alarms.empty()) << explain(d);
    return z.now - start;
}

TEST(Planner, SingleSignerIsDone) {
    auto z = blue_alone();
    auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_TRUE(z.done.empty());
}

// max(K, D): the DNSKEY RRset of blue without green's key, and the DS RRset without green's.
TEST(Planner, JoinTakesTheLongerOfDnskeyAndDs) {
    auto z = blue_alone();
    EXPECT_EQ(change(z, {"blue", "green"}), seconds(20));
    EXPECT_EQ(z.ns.size(), 4U);
    EXPECT_EQ(z.ds.size(), 2U);
    auto y = blue_alone();
    y.ds_ttl = 50;
    EXPECT_EQ(change(y, {"blue", "green"}), seconds(50));
}

// T = max(Np, Nc) until nobody asks blue; then its DNSKEY RRset and its data must die.
TEST(Planner, LeaveWaitsForNsThenKeysAndData) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    EXPECT_EQ(change(z, {"green"}), seconds(25 + 30));
    EXPECT_EQ(z.ns, z.signers[1].names);
    EXPECT_EQ(z.ds.size(), 1U);
    EXPECT_TRUE(z.signers[1].foreign.empty());
}

TEST(Planner, ReplaceIsJoinAndLeaveInOne) {
    auto z = blue_alone();
    EXPECT_EQ(change(z, {"green"}), seconds(20 + 25 + 30));
}

TEST(Planner, AllThreeAtOnceAndAllButOneLeaveAtOnce) {
    auto z = blue_alone();
    EXPECT_EQ(change(z, {"blue", "green", "red"}), seconds(20));
    EXPECT_EQ(change(z, {"red"}), seconds(55));
    EXPECT_EQ(z.ns, z.signers[2].names);
}

TEST(Planner, CskIsSharedWhateverItsFlags) {
    TestZone z;
    z.add("blue", 10);
    z.add("green", 20, 20, 25, 30, true);
    z.delegate_to(z.signers[0]);
    z.intent.policy.trust_past = true;
    z.intent.signers = {"blue"};
    change(z, {"blue", "green"});
    EXPECT_EQ(z.signers[0].foreign, z.signers[1].ksks);
    EXPECT_EQ(z.signers[1].foreign, z.signers[0].zsks);
}

TEST(Planner, CdsModePublishesTheUnionAtAllAndCsync) {
    auto z = blue_alone(model::ParentMode::cds);
    change(z, {"blue", "green"});
    EXPECT_EQ(z.signers[0].cds.size(), 2U);
    EXPECT_EQ(z.signers[1].cdnskey.size(), 2U);
    EXPECT_FALSE(z.signers[0].csync);
    EXPECT_EQ(change(z, {"green"}), seconds(55));
    EXPECT_EQ(z.signers[1].cds.size(), 1U);
}

// There is no CDNSKEY for a key of which only the DS is known, and CDS without it would take that DS away.
TEST(Planner, NoCdsIsPublishedThatWouldTakeAnUnknownDsAway) {
    auto z = blue_alone(model::ParentMode::cds);
    z.ds.push_back(dnssec::make_ds(z.zone, make_key(99, true), 2).value());
    z.intent.signers = {"blue", "green"};
    const auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    EXPECT_NE(explain(d).find("whose DNSKEY nobody publishes"), std::string::npos) << explain(d);
    EXPECT_TRUE(z.signers[0].cds.empty());

    z.intent.policy.drop_unknown_ds = true;
    EXPECT_EQ(z.run().state, State::done);
    EXPECT_EQ(z.ds.size(), 2U);
}

TEST(Planner, BackAndForthComesToRestAnywhere) {
    auto z = blue_alone();
    z.intent.signers = {"green"};
    z.run(z.now + seconds(10));
    EXPECT_GT(z.done.size(), 0U);
    change(z, {"blue"});
    EXPECT_EQ(z.ns, z.signers[0].names);
    EXPECT_EQ(z.ds.size(), 1U);
    EXPECT_TRUE(z.signers[0].foreign.empty());
    EXPECT_EQ(z.signers[1].foreign, z.signers[0].zsks) << "a signer that nobody asks is left alone";
}

TEST(Planner, ForecastTellsTheSameAsTheRun) {
    auto z = blue_alone();
    z.look();
    z.intent.signers = {"green"};
    z.look();
    EXPECT_EQ(minimum(z.intent, z.known, z.now), seconds(75));
    auto f = forecast(z.intent, z.known, z.now);
    EXPECT_EQ(f.end, Forecast::End::done);
    EXPECT_GE(f.point_of_no_cheap_return, 1);
}

TEST(Planner, UnknownPastIsWaitedFor) {
    auto z = blue_alone();
    z.signers.pop_back();
    z.intent.policy.trust_past = false;
    z.intent.signers = {"blue", "green"};
    auto first = z.look();
    EXPECT_EQ(first.state, State::act) << explain(first);
    Instant start = z.now;
    auto at_25 = z.run(start + seconds(26));
    auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.now - start, seconds(30)) << explain(at_25) << "data from before the first look lives for 30 s";
}

TEST(Planner, SilentSignerIsNamed) {
    auto z = blue_alone();
    z.look();
    z.signers[1].silent = true;
    z.intent.signers = {"green"};
    auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    ASSERT_FALSE(d.because.empty());
    EXPECT_NE(explain(d).find("green-a"), std::string::npos) << explain(d);
    EXPECT_EQ(z.ns, z.signers[0].names);
}

TEST(Planner, DifferentAlgorithmsAreRefused) {
    auto z = blue_alone();
    z.signers[1].ksks = {make_key(60, true, 8)};
    z.signers[1].zsks = {make_key(61, false, 8)};
    z.intent.signers = {"blue", "green"};
    auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    EXPECT_EQ(z.ns, z.signers[0].names);
    EXPECT_EQ(z.ds.size(), 1U);
}

TEST(Planner, ZskRolloverInSteadyState) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    auto old = z.signers[0].zsks[0];
    z.signers[0].zsks.push_back(make_key(99, false));
    z.run();
    EXPECT_EQ(z.signers[1].foreign.size(), 2U);
    z.now += seconds(100);
    z.signers[0].zsks = {make_key(99, false)};
    auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.signers[1].foreign, z.signers[0].zsks);
}

TEST(Planner, EarlySigningRaisesAnAlarmAndIsRepairedAtOnce) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    z.signers[0].zsks = {make_key(99, false)};
    auto d = z.look();
    EXPECT_FALSE(d.alarms.empty());
    EXPECT_EQ(d.state, State::act);
    auto end = z.run();
    EXPECT_EQ(end.state, State::done) << explain(end);
}

// A compromised key goes against the rule, and what that breaks is said with its end.
TEST(Planner, ADistrustedKeyGoesAtOnceAndWhatItBreaksIsSaid) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    const auto bad = z.signers[0].zsks[0];
    z.signers[0].zsks = {make_key(99, false)};
    z.look();
    z.intent.distrusted = {bad};
    const auto d = z.look();
    ASSERT_EQ(d.state, State::act) << explain(d);
    bool said = false;
    for (const auto& r : d.alarms) said = said || (!r.blocks.empty() && r.until == z.now + seconds(30));
    EXPECT_TRUE(said) << explain(d) << "data that it signed lives for 30 s";
    const Instant start = z.now;
    const auto end = z.run();
    EXPECT_EQ(end.state, State::done) << explain(end);
    EXPECT_EQ(z.signers[1].foreign, z.signers[0].zsks);
    for (const auto& [at, a] : z.done)
        if (a.kind == model::Action::Kind::dnskey && a.signer == 1 && !a.remove_keys.empty()) EXPECT_EQ(at, start);
}

TEST(Planner, ADistrustedKeyThatIsStillUsedWaitsForItsSigner) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    z.intent.distrusted = {z.signers[0].zsks[0]};
    const auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    EXPECT_NE(explain(d).find("blue still publishes blue/"), std::string::npos) << explain(d);
}

TEST(Planner, GoesInsecureAndBack) {
    auto z = blue_alone(model::ParentMode::cds);
    change(z, {"blue", "green"});
    z.intent.secure = false;
    const Instant start = z.now;
    auto d = z.run();
    EXPECT_TRUE(z.ds.empty()) << explain(d);
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.now - start, seconds(15)) << "not before the DS are out of caches: then the signers may stop";
    for (const auto& s : z.signers) EXPECT_TRUE(s.cdnskey.empty()) << s.name;
    z.intent.secure = true;
    d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.ds.size(), 2U);
}

TEST(Planner, TheLastDsStaysWhileADsIsWanted) {
    auto z = blue_alone();
    z.look();
    z.signers[0].silent = true; // nothing is known of its keys any more, but that they were there
    auto d = z.run();
    EXPECT_EQ(z.ds.size(), 1U) << explain(d);
}

TEST(Planner, ANewAlgorithmReplacesTheOldOneWhenEverybodyHasIt) {
    auto z = blue_alone();
    change(z, {"blue", "green"});
    z.intent.algorithms = {15};
    z.signers[0].ksks.push_back(make_key(70, true, 15));
    z.signers[0].zsks.push_back(make_key(71, false, 15));
    auto d = z.run();
    EXPECT_EQ(z.ds.size(), 2U) << "green has it not: " << explain(d);
    z.signers[1].ksks.push_back(make_key(72, true, 15));
    z.signers[1].zsks.push_back(make_key(73, false, 15));
    z.run();
    EXPECT_EQ(z.ds.size(), 2U);
    for (const auto& ds : z.ds) EXPECT_EQ(ds.algorithm, 15);
}

} // namespace
} // namespace tutti::plan::test
