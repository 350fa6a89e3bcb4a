// What becomes a version, when it begins, when it ends, and what is never assumed.
#include "plan/learn.hpp"
#include "plan/test_zone.hpp"

#include <gtest/gtest.h>

namespace tutti::plan::test {
namespace {

class Learn : public ::testing::Test {
  protected:
    Learn() {
        z.add("blue", 10);
        z.delegate_to(z.signers[0]);
        z.intent.signers = {"blue"};
        z.intent.policy.trust_past = true;
    }
    // One look, in which the address `i` of blue shows the DNSKEY RRset without `gone`, or nothing at all.
    void look(double at, std::vector<std::vector<dnssec::Dnskey>> at_each, std::vector<std::string> problems = {}) {
        z.now = at_seconds(0) + seconds(at);
        auto seen = z.observe();
        auto& list = seen.signers[0].dnskey;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i < at_each.size()) list[i].keys = at_each[i];
            if (i < problems.size()) list[i].problem = problems[i];
            std::erase_if(list[i].signed_by, [&](std::size_t key) { return key >= list[i].keys.size(); });
        }
        learn(z.known, seen, z.intent);
    }
    const auto& dnskey() const { return z.known.signers[0].dnskey; }

    const dnssec::Dnskey ksk = make_key(10, true), zsk = make_key(11, false), next = make_key(12, false);
    TestZone z;
};

TEST_F(Learn, AVersionBeginsWhenTheStateBeforeWasLastProvenEverywhere) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    look(110, {{ksk, zsk, next}, {ksk, zsk}});
    ASSERT_EQ(dnskey().versions.size(), 2U);
    EXPECT_EQ(dnskey().versions[1].from, at_seconds(100)) << "it may have been served right after the last look";
    EXPECT_TRUE(dnskey().versions[0].open()) << "one address still serves it";
    look(120, {{ksk, zsk, next}, {ksk, zsk, next}});
    EXPECT_EQ(dnskey().versions[0].until, at_seconds(120)) << "not a moment before every address was seen to move on";
}

TEST_F(Learn, ASilentAddressStillServesWhatItServedLast) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    look(110, {{ksk, zsk, next}, {ksk, zsk, next}}, {"", "timeout"});
    EXPECT_TRUE(dnskey().versions[0].open());
    EXPECT_EQ(dnskey().sights[1].silent_since, at_seconds(110));
    look(120, {{ksk, zsk, next}, {ksk, zsk, next}}, {"", "timeout"});
    EXPECT_EQ(dnskey().sights[1].silent_since, at_seconds(110)) << "since the first question without an answer";
    look(130, {{ksk, zsk, next}, {ksk, zsk, next}});
    EXPECT_EQ(dnskey().versions[0].until, at_seconds(130));
    EXPECT_EQ(dnskey().sights[1].silent_since, kNever);
}

TEST_F(Learn, AChangeOfTtlIsAVersionOfItsOwn) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    z.signers[0].dnskey_ttl = 5;
    look(110, {{ksk, zsk}, {ksk, zsk}});
    ASSERT_EQ(dnskey().versions.size(), 2U);
    EXPECT_EQ(dnskey().versions[0].until, at_seconds(110));
    EXPECT_EQ(dnskey().versions[0].dies(), at_seconds(130)) << "the old one lives for its own TTL of 20 s";
}

TEST_F(Learn, WhatComesBackIsANewVersion) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    look(110, {{ksk}, {ksk}});
    look(120, {{ksk, zsk}, {ksk, zsk}});
    ASSERT_EQ(dnskey().versions.size(), 3U);
    EXPECT_EQ(dnskey().current()->from, at_seconds(110));
    EXPECT_EQ(dnskey().versions[0].until, at_seconds(110));
}

TEST_F(Learn, BeforeTheFirstLookAnythingMayHaveBeenServed) {
    z.intent.policy.trust_past = false;
    look(100, {{ksk, zsk}, {ksk, zsk}});
    const auto unknown = std::ranges::find_if(dnskey().versions, [](const auto& v) { return v.unknown; });
    ASSERT_NE(unknown, dnskey().versions.end());
    EXPECT_EQ(unknown->until, at_seconds(100));
    EXPECT_EQ(unknown->from, kLongAgo);
    EXPECT_EQ(unknown->dies(), at_seconds(120));
}

TEST_F(Learn, AnAddressThatNeverAnsweredIsNowhere) {
    look(100, {{ksk, zsk}, {ksk, zsk}}, {"", "timeout"});
    EXPECT_FALSE(dnskey().everywhere(dnskey().versions[0].content));
    EXPECT_EQ(dnskey().sights[1].version, -1);
}

TEST_F(Learn, AWriteUnderWayLivesBesideWhatIsServedUntilSeenOrGivenUp) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = model::KeySet::of(0)};
    note_attempt(z.known, add, z.intent.policy, at_seconds(101));
    const auto& cds = z.known.signers[0].cds;
    ASSERT_NE(cds.in_flight(), nullptr);
    look(110, {});
    EXPECT_NE(cds.in_flight(), nullptr) << "it may still arrive";
    look(101 + to_seconds(z.intent.policy.patience) + 1, {});
    EXPECT_EQ(cds.in_flight(), nullptr) << "every address has answered otherwise for longer than patience";
}

TEST_F(Learn, ARefusedWriteWasNeverServed) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = model::KeySet::of(0)};
    note_attempt(z.known, add, z.intent.policy, at_seconds(101));
    note_refused(z.known, add, "NOTAUTH");
    const auto& v = z.known.signers[0].cds.versions.back();
    EXPECT_FALSE(v.open());
    EXPECT_EQ(v.refused, "NOTAUTH");
}

// What was refused once and then taken is like any other version: it lives on in caches when it is over.
TEST_F(Learn, AWriteThatIsSeenWasNotRefused) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    const auto ksk_key = model::KeySet::of(0);
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = ksk_key};
    note_attempt(z.known, add, z.intent.policy, at_seconds(101));
    note_refused(z.known, add, "NOTAUTH");
    note_attempt(z.known, add, z.intent.policy, at_seconds(105));
    z.apply(add);
    look(110, {});
    EXPECT_EQ(z.known.signers[0].cds.current()->refused, "");
    EXPECT_FALSE(z.known.signers[0].cds.current()->pending);
}

TEST_F(Learn, ARefusalAfterALostReplyTakesNothingBack) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = model::KeySet::of(0)};
    note_attempt(z.known, add, z.intent.policy, at_seconds(101)); // the reply is lost: it may be done
    note_attempt(z.known, add, z.intent.policy, at_seconds(105));
    note_refused(z.known, add, "prerequisite");
    EXPECT_TRUE(z.known.signers[0].cds.versions.back().open());
}

TEST_F(Learn, SeveralRefusalsAfterALostReplyTakeNothingBack) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = model::KeySet::of(0)};
    note_attempt(z.known, add, z.intent.policy, at_seconds(101)); // the reply is lost: it may be done
    for (double at : {105.0, 110.0}) {
        note_attempt(z.known, add, z.intent.policy, at_seconds(at));
        note_refused(z.known, add, "prerequisite");
    }
    EXPECT_TRUE(z.known.signers[0].cds.versions.back().open());
}

TEST_F(Learn, RefusedAgainAndAgainItWasNeverServed) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    model::Action add{.kind = model::Action::Kind::cds, .signer = 0, .add_keys = model::KeySet::of(0)};
    for (double at : {101.0, 105.0, 110.0}) {
        note_attempt(z.known, add, z.intent.policy, at_seconds(at));
        note_refused(z.known, add, "NOTAUTH");
    }
    EXPECT_FALSE(z.known.signers[0].cds.versions.back().open());
}

// Content and TTL change at once: caches may hold the old content with the new TTL. An address that trails behind still
// shows the old content with the old TTL, and that is the version that it always was.
TEST_F(Learn, WhoTrailsBehindALargerTtlShowsNothingNew) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    for (double at : {110.0, 120.0}) {
        z.now = at_seconds(at);
        auto seen = z.observe();
        auto& ahead = seen.signers[0].dnskey[0];
        auto& behind = seen.signers[0].dnskey[1];
        ahead.keys = {ksk, zsk, next};
        ahead.ttl = 90;
        behind.keys = {ksk, zsk};
        learn(z.known, seen, z.intent);
    }
    EXPECT_EQ(dnskey().versions.size(), 2U);
    EXPECT_EQ(dnskey().versions[0].ttl, 90U);
    EXPECT_EQ(dnskey().versions[0].ttl_shown(), 20U);
}

// Two looks, with a rollover and the begin of the next between them: the key in the middle may have signed alone.
TEST_F(Learn, StepsThatNoLookHasShownAreReckonedWith) {
    const auto third = make_key(13, true);
    const auto seen = [&](double at, std::vector<dnssec::Dnskey> keys, std::vector<std::size_t> signed_by) {
        z.now = at_seconds(at);
        auto o = z.observe();
        for (auto& address : o.signers[0].dnskey) {
            address.keys = keys;
            address.signed_by = signed_by;
        }
        learn(z.known, o, z.intent);
    };
    seen(100, {ksk, zsk}, {0});
    seen(110, {ksk, zsk, next}, {0, 2});
    EXPECT_EQ(dnskey().versions.size(), 2U) << "one step";
    seen(120, {zsk, next, third}, {1, 2});
    ASSERT_EQ(dnskey().versions.size(), 4U);
    const auto& step = dnskey().versions[3];
    EXPECT_EQ(step.content.signed_by.size(), 1);
    EXPECT_EQ(step.content.keys.size(), 2);
    EXPECT_EQ(step.from, at_seconds(110));
    EXPECT_EQ(step.until, at_seconds(120));
}

// What the first address passed between two looks, the second one shows later: both go through the same versions.
TEST_F(Learn, WhoTrailsShowsWhatOthersHavePassed) {
    const std::vector<dnssec::Dnskey> old{ksk, zsk}, passed{ksk, zsk, next}, now{ksk, next};
    look(100, {old, old});
    look(110, {now, old});
    look(120, {now, passed});
    ASSERT_EQ(dnskey().versions.size(), 3U);
    EXPECT_EQ(dnskey().sights[0].version, 2);
    EXPECT_EQ(dnskey().sights[1].version, 1);
    look(130, {now, now});
    EXPECT_EQ(dnskey().versions.size(), 3U);
    EXPECT_FALSE(dnskey().versions[1].open()) << "both are past it";
}

// The first address goes there and back; the second may be behind even the first step.
TEST_F(Learn, WhoShowsTheSameAsOneThatCameBackMayStillHaveToGo) {
    const std::vector<dnssec::Dnskey> old{ksk, zsk}, other{ksk, zsk, next};
    look(100, {old, old});
    look(110, {other, old});
    look(120, {old, old});
    EXPECT_TRUE(dnskey().versions[1].open());
    look(130, {old, other});
    EXPECT_TRUE(dnskey().versions[1].open());
    look(140, {old, old});
    EXPECT_FALSE(dnskey().versions[1].open()) << "now both have been there";
}
TEST_F(Learn, WhoNeverGoesIsTakenToHaveBeenThereAfterAWhile) {
    const std::vector<dnssec::Dnskey> old{ksk, zsk}, other{ksk, zsk, next};
    look(100, {old, old});
    look(110, {other, old});
    look(120, {old, old});
    look(130 + to_seconds(z.intent.policy.patience), {old, old});
    EXPECT_FALSE(dnskey().versions[1].open());
}

TEST_F(Learn, WhatASignerSignsWithIsItsOwnAndWhatWasAddedIsNot) {
    z.add("green", 20);
    z.intent.signers = {"blue", "green"};
    z.look();
    const auto key = [&](const dnssec::Dnskey& k) {
        return *std::ranges::find_if(z.known.keys, [&](const auto& x) { return x.dnskey == k; });
    };
    EXPECT_EQ(key(zsk).owner, 0);
    EXPECT_TRUE(key(zsk).signs_data);
    EXPECT_FALSE(key(zsk).signs_keys);
    EXPECT_TRUE(key(ksk).signs_keys);
    // A key that nobody signs with, at one place only, belongs to that signer; unless it was put there.
    z.signers[1].foreign = {next};
    z.look();
    EXPECT_EQ(key(next).owner, 1);
}

TEST_F(Learn, ForgetsWhatNoCacheCanHold) {
    look(100, {{ksk, zsk}, {ksk, zsk}});
    for (int i = 1; i <= 50; ++i) {
        z.signers[0].zsks = {zsk, make_key(40 + i, false)};
        z.now = at_seconds(100 + 1000.0 * i);
        learn(z.known, z.observe(), z.intent);
        forget_dead(z.known, z.intent, z.now);
    }
    EXPECT_LE(dnskey().versions.size(), 2U);
    EXPECT_LE(z.known.keys.size(), 34U);
    z.intent.policy.drop_unknown_ds = false;
    EXPECT_EQ(plan(z.intent, z.known, z.now).state, model::Decision::State::done) << "and what is left still fits";
}

TEST_F(Learn, MoreKeysThanCanBeHandledIsAProblemAndNoSilence) {
    std::vector<dnssec::Dnskey> many{ksk};
    for (int i = 0; i < 70; ++i) many.push_back(make_key(100 + i, false));
    look(100, {{ksk, zsk}, {ksk, zsk}});
    look(110, {many, many});
    EXPECT_NE(dnskey().sights[0].problem.find("64"), std::string::npos);
    EXPECT_TRUE(dnskey().versions[0].open()) << "what it served last counts on";
}

} // namespace
} // namespace tutti::plan::test
