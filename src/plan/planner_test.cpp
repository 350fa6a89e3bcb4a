#include "plan/forecast.hpp"
#include "plan/test_zone.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

// A parent that delegates to green alone asks green alone, and would take back the DS of blue's next key: blue, which
// has seen that DS, does not ask again before it drops the key of today.
TEST(Planner, NobodyIsNamedWhoseOldCdsWouldTakeADsBack) {
    auto z = blue_alone(model::ParentMode::cds);
    auto &blue = z.signers[0], &green = z.signers[1];
    blue.ksks.push_back(make_key(11, true));
    z.ds.push_back(dnssec::make_ds(z.zone, blue.ksks[1], 2).value());
    green.cdnskey = {blue.ksks[0], green.ksks[0]};
    for (const auto& key : green.cdnskey) green.cds.push_back(dnssec::make_ds(z.zone, key, 2).value());
    green.cds_late = true;
    z.intent.signers = {"green"};
    auto d = z.run();
    EXPECT_EQ(d.state, State::wait) << explain(d);
    EXPECT_NE(explain(d).find("still serves the old CDS/CDNSKEY RRset"), std::string::npos) << explain(d);
    EXPECT_EQ(z.ns, blue.names);
    EXPECT_EQ(blue.ns, blue.names);

    green.cds_late = false;
    z.now += seconds(60); // it is written again
    d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.ns, green.names);
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
    z.run();
    const auto &told = f.after.parent, &came = z.known.parent;
    EXPECT_EQ(told.ns.current()->content, came.ns.current()->content);
    EXPECT_EQ(told.ns.current()->from, came.ns.current()->from);
    EXPECT_EQ(told.ds.current()->content, came.ds.current()->content);
    EXPECT_EQ(told.ds.current()->from, came.ds.current()->from);
}

TEST(Planner, AReasonNamesTheVersionThatIsAwaited) {
    auto z = blue_alone();
    z.look();
    z.intent.signers = {"green"};
    const auto d = z.run(z.now + seconds(10));
    ASSERT_EQ(d.state, State::wait) << explain(d);
    ASSERT_TRUE(d.because.at(0).awaits) << explain(d);
    const auto& name = *d.because[0].awaits;
    EXPECT_EQ(name.track, "dnskey");
    EXPECT_EQ(name.at, "blue");
    const auto& all = z.known.signers[0].dnskey.versions;
    const auto it = std::ranges::find(all, name.from, &model::Version<model::DnskeySet>::from);
    ASSERT_NE(it, all.end());
    EXPECT_EQ(it->dies(), d.until);
    std::vector<std::string> content;
    for (int key : it->content.keys) content.push_back(key_label(z.known, key));
    EXPECT_EQ(name.content, content);
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

// Two that serve an insecure zone side by side and know nothing of each other.
TestZone strangers(model::ParentMode mode) {
    TestZone z;
    z.mode = mode;
    z.add("blue", 1);
    z.add("green", 10);
    z.ns = z.signers[0].names;
    z.ns.insert(z.ns.end(), z.signers[1].names.begin(), z.signers[1].names.end());
    for (auto& s : z.signers) s.ns = z.ns;
    z.intent.signers = {"blue", "green"};
    z.intent.policy.trust_past = true;
    return z;
}

TEST(Planner, TheFirstDsWaitsForWhatCachesHoldFromBefore) {
    for (const auto mode : {model::ParentMode::direct, model::ParentMode::cds}) {
        auto z = strangers(mode);
        const Instant start = z.now;
        const auto d = z.run();
        EXPECT_EQ(d.state, State::done) << explain(d);
        EXPECT_EQ(z.ds.size(), 2U);
        EXPECT_TRUE(d.alarms.empty()) << explain(d);
        for (const auto& [at, a] : z.done)
            if (a.kind == model::Action::Kind::ds || a.kind == model::Action::Kind::cds)
                EXPECT_EQ(at - start, seconds(20)) << "DNSKEY RRsets without the other's key live so long";
    }
}

TEST(Planner, TheFirstDsWaitsForWhatIsNotKnown) {
    auto z = strangers(model::ParentMode::direct);
    z.signers[0].foreign = z.signers[1].zsks;
    z.signers[1].foreign = z.signers[0].zsks;
    z.intent.policy.trust_past = false;
    z.intent.policy.past_ttl = 300;
    const Instant start = z.now;
    const auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    for (const auto& [at, a] : z.done)
        if (a.kind == model::Action::Kind::ds) EXPECT_EQ(at - start, seconds(300));
}

// What was served before the first look may lack the new algorithm, of which every RRset must have a signature.
TEST(Planner, ADsOfANewAlgorithmWaitsForWhatIsNotKnown) {
    auto z = blue_alone();
    z.intent.policy.trust_past = false;
    z.intent.policy.past_ttl = 300;
    z.signers[0].ksks.push_back(make_key(70, true, 15));
    z.signers[0].zsks.push_back(make_key(71, false, 15));
    const Instant start = z.now;
    const auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_EQ(z.ds.size(), 2U);
    for (const auto& [at, a] : z.done)
        if (a.kind == model::Action::Kind::ds) EXPECT_GE(at - start, seconds(300));
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
