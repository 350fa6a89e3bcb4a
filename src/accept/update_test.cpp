// DS updates: who signed, and whether validators find their way in afterwards; locks, log and limits.
#include "accept/test_world.hpp"
#include "accept/verifier.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

// ---- what they say ----

TEST(Accept, R12_NeitherTypeIsNoWish) {
    World w;
    EXPECT_EQ(said(w), "no-change no-cds");
    w.r.ds.clear();
    EXPECT_EQ(said(w), "no-change no-cds");
}
TEST(Accept, R13_KeysAreComparedNotRecords) {
    World w = rollover();
    for (auto& t : w.e.servers) t.cdnskey = answer(Outcome::nodata);
    w.at(2).cds = w.cds({w.ds(key("ksk2"), 4)}); // the same key, by another digest
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 2U);
}
TEST(Accept, R13_AKeyMoreOnOneServerIsADifference) {
    World w = rollover();
    w.at(2).cds = w.cds({w.ds(key("ksk2")), w.ds(key("ksk1"))});
    w.at(2).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent");
}
TEST(Accept, R13_CdsHereAndCdnskeyThereCanBeTheSame) {
    World w = rollover();
    w.at(0).cds = answer(Outcome::nodata);
    w.at(1).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "accept accept-update");
    w.at(0).cdnskey = w.cdnskey({key("ksk1").key()});
    EXPECT_EQ(said(w), "retry inconsistent");
}
dnssec::Ds with_type(dnssec::Ds d, std::uint8_t type) {
    d.digest_type = type;
    return d;
}
TEST(Accept, R14_UnknownDigestTypesAreIgnoredBesideUsableOnes) {
    World w = rollover();
    w.at(0).cds = w.cds({w.ds(key("ksk2")), with_type(w.ds(key("ksk2")), 99)});
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "digest-ignored"));
    EXPECT_EQ(v.change.ds_add, std::vector{w.ds(key("ksk2"))});
}
TEST(Accept, R14_OnlyUnusableDigestTypesIsNoWishThatCanBeFulfilled) {
    World w = rollover();
    for (const std::uint8_t type : {std::uint8_t{99}, std::uint8_t{1}}) {
        w.for_all([&](Testimony& t) {
            t.cds = w.cds({with_type(w.ds(key("ksk2")), type)});
            t.cdnskey = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject digest-unusable");
    }
}
TEST(Accept, R14_DigestsOfTheWrongLengthAreRefused) {
    World w = rollover();
    auto d = w.ds(key("ksk2"));
    d.digest.pop_back();
    w.for_all([&](Testimony& t) {
        t.cds = w.cds({d, w.ds(key("ksk2"))});
        t.cdnskey = answer(Outcome::nodata);
    });
    EXPECT_EQ(said(w), "reject digest-length");
}
TEST(Accept, R15_OneTypeIsEnough) {
    World w = rollover();
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.require_both = true;
    EXPECT_EQ(said(w), "reject both-required");
    w = rollover();
    w.for_all([](Testimony& t) { t.cds = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R15_BothTypesMustAgree) {
    World w = rollover();
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key()}); });
    EXPECT_EQ(said(w), "reject cds-cdnskey-differ");
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({dnssec::delete_dnskey()}); });
    EXPECT_EQ(said(w), "reject cds-cdnskey-differ");
}
TEST(Accept, R16_DeleteStandsAlone) {
    World w = removal();
    w.for_all([&](Testimony& t) { t.cds = w.cds({dnssec::delete_ds(), w.ds(key("ksk1"))}); });
    EXPECT_EQ(said(w), "reject delete-mixed");
    w = removal();
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({dnssec::delete_dnskey(), key("ksk1").key()}); });
    EXPECT_EQ(said(w), "reject delete-mixed");
}
TEST(Accept, R16_DeleteOnOneServerOnly) {
    World w;
    w.at(0).cds = w.cds({dnssec::delete_ds()});
    EXPECT_EQ(said(w), "retry inconsistent-delete");
    w = rollover();
    w.at(0).cds = w.cds({dnssec::delete_ds()});
    w.at(0).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent-delete");
}
TEST(Accept, R17_AlmostADeleteIsNone) {
    for (const char* text : {"0 0 0 01", "1 0 0 00", "0 0 1 00", "0 0 2 00", "0 0 0 0000"}) {
        World w = removal();
        w.for_all([&](Testimony& t) {
            t.cds = w.records(Type::CDS, {text}, {&key("ksk1")}, w.child);
            t.cdnskey = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject delete-wrong-fields") << text;
    }
}
TEST(Accept, R17_AlmostADeleteInCdnskey) {
    for (const char* text : {"0 3 0 AQ==", "256 3 0 AA==", "0 2 0 AA==", "0 3 0 AAA="}) {
        World w = removal();
        w.for_all([&](Testimony& t) {
            t.cdnskey = w.records(Type::CDNSKEY, {text}, {&key("ksk1")}, w.child);
            t.cds = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject delete-wrong-fields") << text;
    }
}
TEST(Accept, R18_ADigestTypeThatIsNotTakenMustNotLoseAKey) {
    World w;
    w.for_all([&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), with_type(w.ds(key("ksk2")), 99)}); });
    EXPECT_EQ(said(w), "reject digest-drops-key");
    w.for_all(
        [&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), w.ds(key("ksk2")), with_type(w.ds(key("ksk2")), 99)}); });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R18_AnAlgorithmThatIsNotTakenStopsAll) {
    World w;
    w.serve_keys({&key("ksk1"), &key("rsa"), &key("zsk")}, {&key("ksk1"), &key("rsa")});
    w.wish({&key("ksk1"), &key("rsa")});
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.algorithms = {13, 15};
    EXPECT_EQ(said(w), "reject algorithm-refused");
}
TEST(Accept, R19_DsAreComputedFromCdnskey) {
    World w = rollover();
    w.p.source = Source::cdnskey;
    w.p.digest_types = {2, 4};
    auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 2U);
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "reject source-missing");
    w.p.source = Source::prefer_cdnskey;
    v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 1U);
}
TEST(Accept, R19_DsAreTakenFromCds) {
    World w = rollover();
    w.p.source = Source::cds;
    const auto v = w.judge();
    EXPECT_EQ(v.change.ds_add, std::vector{w.ds(key("ksk2"))});
    EXPECT_EQ(v.change.ds_remove, std::vector{w.ds(key("ksk1"))});
    w.for_all([](Testimony& t) { t.cds = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "reject source-missing");
}
TEST(Accept, R20_CdnskeysThatAreNoKeysOfAZone) {
    const std::pair<std::function<void(dnssec::Dnskey&)>, const char*> cases[] = {
        {[](auto& k) { k.protocol = 2; }, "reject cdnskey-protocol"},
        {[](auto& k) { k.flags = 1; }, "reject cdnskey-zone-bit"},
        {[](auto& k) { k.flags = 257 | 128; }, "reject cdnskey-revoked"}};
    for (const auto& [spoil, expected] : cases) {
        World w = rollover();
        auto k = key("ksk2").key();
        spoil(k);
        w.for_all([&](Testimony& t) {
            t.cds = answer(Outcome::nodata);
            t.cdnskey = w.cdnskey({k});
        });
        EXPECT_EQ(said(w), expected);
    }
}
TEST(Accept, R20_CdsOfARevokedKey) {
    World w;
    const TestSigner revoked{w.child, 13, 257 | 128};
    w.serve_keys({&key("ksk1"), &revoked, &key("zsk")}, {&key("ksk1"), &revoked});
    w.for_all([&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), w.ds(revoked)}); });
    EXPECT_EQ(said(w), "reject cdnskey-revoked");
}
TEST(Accept, R20_AKeyWithoutSepIsOnlyAWarning) {
    World w;
    w.serve_keys({&key("ksk1"), &key("zsk")}, {&key("ksk1"), &key("zsk")});
    w.wish({&key("zsk")});
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "not-sep"));
}
TEST(Accept, R20_NotMoreDsThanAllowed) {
    World w;
    w.wish({&key("ksk1"), &key("ksk2")});
    w.p.max_ds = 2;
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.max_ds = 1;
    EXPECT_EQ(said(w), "reject too-many-ds");
}
TEST(Accept, R21_OrderAndDoublesMeanNothing) {
    World w;
    w.wish({&key("ksk1"), &key("ksk2")});
    w.r.ds = {w.ds(key("ksk2")), w.ds(key("ksk1")), w.ds(key("ksk2"))};
    EXPECT_EQ(said(w), "no-change ds-current");
}
TEST(Accept, R21_TheSameKeysByCdnskeyAreNoChange) {
    World w;
    w.r.ds = {w.ds(key("ksk1"), 4)};
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key()}); });
    EXPECT_EQ(said(w), "no-change ds-current");
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key(), key("ksk2").key()}); });
    EXPECT_EQ(said(w), "accept accept-update");
}

// ---- who signed ----

TEST(Accept, R22_SignedByAKeyOfTheDs) {
    const auto v = rollover().judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.inception, kNow - kHour);
}
TEST(Accept, R22_AZoneSigningKeyIsNotEnough) {
    World w;
    w.wish({&key("ksk2")}, {&key("zsk")});
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject signer-not-in-ds");
    EXPECT_EQ(v.ede, 6);
}
TEST(Accept, R22_AKeyThatIsNotInTheDsIsNotEnough) {
    World w;
    w.wish({&key("ksk2")}, {&key("ksk2")});
    EXPECT_EQ(said(w), "reject signer-not-in-ds");
}
TEST(Accept, R22_ASignerThatIsNotInDnskey) {
    World w;
    w.wish({&key("ksk2")}, {&key("rsa")});
    EXPECT_EQ(said(w), "reject signer-not-in-dnskey");
}
TEST(Accept, R22_UnsignedExpiredEarlyBad) {
    World w;
    w.wish({&key("ksk2")}, {});
    EXPECT_EQ(said(w), "reject unsigned");
    w = World();
    w.expiration = kNow - seconds(1);
    w.wish({&key("ksk2")});
    EXPECT_EQ(said(w), "reject signature-expired");
    w = World();
    w.inception = kNow + seconds(60);
    w.wish({&key("ksk2")});
    EXPECT_EQ(said(w), "reject signature-early");
    w = rollover();
    w.at(1).cds.rrsigs.front().back() ^= 1;
    EXPECT_EQ(said(w), "reject signature-bad");
}
TEST(Accept, R22_OneGoodSignatureIsEnough) {
    World w = rollover();
    w.for_all([](Testimony& t) {
        auto bad = t.cds.rrsigs.front();
        bad.back() ^= 1;
        t.cds.rrsigs.insert(t.cds.rrsigs.begin(), bad);
    });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R22_CdnskeyIsSignedLikeCds) {
    World w = rollover();
    w.at(1).cdnskey.rrsigs.clear();
    EXPECT_EQ(said(w), "reject unsigned");
}
TEST(Accept, R22_SignaturesInTheNameOfAnotherZoneDoNotCount) {
    World w;
    const TestSigner parent{name("example"), 13};
    w.serve_keys({&key("ksk1"), &key("ksk2"), &parent}, {&key("ksk1"), &key("ksk2")});
    w.wish({&key("ksk2")}, {&parent});
    w.r.ds.push_back(w.ds(parent));
    EXPECT_EQ(said(w), "reject signer-not-in-ds");
}
TEST(Accept, R23_EachServerWithItsOwnKeys) {
    World w;
    w.r.ds = {w.ds(key("ksk1")), w.ds(key("ksk2"))};
    // Two signers: each server has both keys, signs with its own.
    w.wish({&key("ksk1"), &key("ksk2"), &key("rsa")}, {&key("ksk1")});
    w.serve_keys({&key("ksk1"), &key("ksk2"), &key("zsk"), &key("rsa")}, {&key("ksk1"), &key("rsa")});
    Testimony& other = w.at(2);
    other.dnskey = w.dnskey({&key("ksk1"), &key("ksk2"), &key("rsa")}, {&key("ksk2"), &key("rsa")});
    other.cds = w.cds({w.ds(key("ksk1")), w.ds(key("ksk2")), w.ds(key("rsa"))}, {&key("ksk2")});
    other.cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R23_OneServerWithBogusKeysStopsAll) {
    World w = rollover();
    w.at(2).dnskey.rrsigs = w.dnskey({&key("ksk1")}, {&key("ksk1")}).rrsigs;
    EXPECT_EQ(said(w), "reject dnskey-bogus");
    w = rollover();
    w.at(2).dnskey.rrsigs.clear();
    EXPECT_EQ(said(w), "reject dnskey-unsigned");
    w = rollover();
    w.at(2).dnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject dnskey-missing");
    w = rollover();
    w.at(2).dnskey = w.dnskey({&key("ksk2"), &key("zsk")}, {&key("ksk2")});
    EXPECT_EQ(said(w), "reject no-ds-key");
}

// ---- continuity ----

TEST(Accept, R24_TheNewDsMustLeadIntoTheZoneAtEveryServer) {
    World w = rollover();
    w.at(2).dnskey = w.dnskey({&key("ksk1"), &key("zsk")}, {&key("ksk1")});
    EXPECT_EQ(said(w), "reject continuity-broken");
    w = rollover();
    w.serve_keys({&key("ksk1"), &key("ksk2"), &key("zsk")}, {&key("ksk1")}); // published, does not sign
    EXPECT_EQ(said(w), "reject continuity-broken");
}
TEST(Accept, R24_AStandByKeyBesideALiveOneIsFine) {
    World w;
    const TestSigner standby{w.child, 13};
    w.wish({&key("ksk1"), &standby});
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R25_EachAlgorithmOfTheNewDsMustSign) {
    World w;
    w.serve_keys({&key("ksk1"), &key("rsa"), &key("zsk")}, {&key("ksk1")});
    w.wish({&key("ksk1"), &key("rsa")});
    EXPECT_EQ(said(w), "reject continuity-algorithm");
    w.p.continuity_strict = false;
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R25_BothAlgorithmsSign) {
    World w;
    w.serve_keys({&key("ksk1"), &key("rsa"), &key("zsk")}, {&key("ksk1"), &key("rsa")});
    w.wish({&key("ksk1"), &key("rsa")});
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R26_DigestTypesShouldBeTheSameForEachKey) {
    World w;
    w.for_all([&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), w.ds(key("ksk1"), 4), w.ds(key("ksk2"))}); });
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "digests-uneven"));
    w.p.require_consistent_digests = true;
    EXPECT_EQ(said(w), "reject digests-uneven");
}
TEST(Accept, R26_EvenDigestsAreNotRemarkedOn) {
    World w = rollover();
    w.p.require_consistent_digests = true;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_FALSE(mentions(v, "digests-uneven"));
}

// ---- replay, serials, time ----

TEST(Accept, R27_NothingOlderThanTheLastChange) {
    World w = rollover();
    w.r.last_change = Applied{kNow - kDay, Channel::in_band, kNow - kHour};
    EXPECT_EQ(said(w), "accept accept-update");
    w.r.last_change->inception = kNow - kHour + seconds(1);
    EXPECT_EQ(said(w), "reject replay");
}
TEST(Accept, R27_TheOldestAnswerCounts) {
    World w = rollover();
    w.r.last_change = Applied{kNow - kDay, Channel::in_band, kNow - 2 * kHour};
    EXPECT_EQ(said(w), "accept accept-update");
    w.inception = kNow - 3 * kHour;
    w.at(2).cds = w.cds({w.ds(key("ksk2"))});
    EXPECT_EQ(said(w), "reject replay");
}
TEST(Accept, R27_ANewerChangeByAnotherWayIsNotOverridden) {
    World w = rollover();
    for (const auto channel : {Channel::epp, Channel::web, Channel::unknown}) {
        w.r.last_change = Applied{kNow - kHour, channel, std::nullopt};
        EXPECT_EQ(said(w), "reject replay-out-of-band");
        w.r.last_change->at = kNow - 2 * kHour;
        EXPECT_EQ(said(w), "accept accept-update");
    }
}
TEST(Accept, R28_SerialsDecideNothing) {
    World w = rollover();
    w.at(2).soa = w.signed_answer(w.soa(4000000000), {&key("zsk")});
    EXPECT_EQ(said(w), "accept accept-update");
    w.for_all([](Testimony& t) { t.soa = answer(Outcome::not_asked); });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R29_AuthenticatedChangesWaitForNothing) {
    for (const auto& w : {rollover(), removal(), first_ds()}) {
        const auto v = w.judge();
        EXPECT_EQ(v.decision, Decision::accept);
        EXPECT_FALSE(v.look_again);
        EXPECT_FALSE(v.delay);
    }
}
TEST(Accept, R56_TheTtlOfAChangedDsIsShortForAWhile) {
    World w = rollover();
    w.r.ds_ttl = 86400;
    auto v = w.judge();
    EXPECT_EQ(v.change.ds_ttl, 900U);
    EXPECT_EQ(v.change.ttl_restore, kNow + 2 * kDay);
    w.r.ds_ttl = 3 * 86400; // not before the old set is out of caches
    v = w.judge();
    EXPECT_EQ(v.change.ttl_restore, kNow + 3 * kDay);
}
TEST(Accept, R56_AShortTtlIsNotMadeLonger) {
    World w = rollover();
    w.r.ds_ttl = 120;
    EXPECT_EQ(w.judge().change.ds_ttl, 120U);
    EXPECT_FALSE(removal().judge().change.ds_ttl);
}

// ---- locks, log, limits ----

TEST(Accept, R63_TheReasonNamesRequirementServersAndWhatToDo) {
    World w;
    w.wish({&key("ksk2")}, {&key("zsk")});
    const auto v = w.judge();
    const auto& reason = v.reasons.front();
    EXPECT_EQ(reason.requirement, "R22");
    EXPECT_EQ(reason.servers, std::vector<std::string>{"ns1.one.test. (8.1.1.1)"});
    EXPECT_NE(reason.text.find("zone-signing key"), std::string::npos);
    EXPECT_NE(v.report.find("child.example.: the DS at the parent are not changed."), std::string::npos);
}
TEST(Accept, R63_AnAcceptedChangeIsListed) {
    const auto v = rollover().judge();
    EXPECT_NE(v.report.find("+ DS"), std::string::npos);
    EXPECT_NE(v.report.find("- DS"), std::string::npos);
    EXPECT_TRUE(World().judge().report.empty());
}
TEST(Accept, R64_ErrorsCarryACodeAndGoodNewsDoNot) {
    World w = rollover();
    w.at(0).cds.rrsigs.clear();
    EXPECT_EQ(w.judge().ede, 10);
    EXPECT_FALSE(rollover().judge().ede);
    EXPECT_FALSE(World().judge().ede);
}
TEST(Accept, R67_PeopleHearOfFirstDsAndRemovalNotOfRollovers) {
    EXPECT_TRUE(first_ds().judge().tell_people);
    EXPECT_TRUE(removal().judge().tell_people);
    EXPECT_FALSE(rollover().judge().tell_people);
}
TEST(Accept, R68_LocksDoNotStopTheRegistry) {
    World w = rollover();
    w.r.statuses = {"clientUpdateProhibited", "serverUpdateProhibited"};
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "lock-noted"));
}
TEST(Accept, R68_ARegistrarOrACarefulRegistryHolds) {
    World w = rollover();
    w.r.statuses = {"serverUpdateProhibited"};
    w.p.role = Role::registrar;
    EXPECT_EQ(said(w), "hold locked");
    w.p.role = Role::registry;
    w.p.refuse_locked = true;
    EXPECT_EQ(said(w), "hold locked");
    w.r.statuses = {"clientUpdateProhibited"};
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R69_WhatIsSeenLaterNeverChangesTheDs) {
    World w; // the keys break after the change: nothing is asked for, so nothing is touched
    w.serve_keys({&key("zsk")}, {});
    EXPECT_EQ(said(w), "no-change no-cds");
    w.for_all([](Testimony& t) { t.cds = t.cdnskey = t.dnskey = answer(Outcome::servfail); });
    EXPECT_TRUE(w.judge().change.empty());
}
TEST(Accept, R70_OldEvidenceIsNotActedOn) {
    World w = rollover();
    w.now = kNow + w.p.max_age + seconds(1);
    EXPECT_EQ(said(w), "retry evidence-old");
    w.now = kNow - kDay;
    EXPECT_EQ(said(w), "reject evidence-old");
}
TEST(Accept, R70_TheSameArgumentsGiveTheSameVerdict) {
    const World w = rollover();
    EXPECT_EQ(w.judge(), w.judge());
    Verifier shared{100};
    const auto first = judge(w.e, w.r, w.p, w.now, shared);
    const auto second = judge(w.e, w.r, w.p, w.now, shared);
    EXPECT_EQ(first.verifications, 4U);
    EXPECT_EQ(second.verifications, 0U);
    EXPECT_EQ(first.change, second.change);
}
TEST(Accept, R71_EachDistinctContentIsVerifiedOnce) {
    // DNSKEY by the old and by the new key, CDS, CDNSKEY; three addresses serve the same octets.
    EXPECT_EQ(rollover().judge().verifications, 4U);
}
TEST(Accept, R71_TooManyRecordsSignaturesServers) {
    World w = rollover();
    w.p.max_records = 2;
    EXPECT_EQ(said(w), "reject too-many-records");
    w = rollover();
    w.p.max_rrsigs = 1;
    EXPECT_EQ(said(w), "reject too-many-signatures");
    w = rollover();
    w.p.max_servers = 2;
    EXPECT_EQ(said(w), "reject too-many-servers");
    w = rollover();
    w.at(0).cds = answer(Outcome::too_big);
    EXPECT_EQ(said(w), "reject too-many-records");
    w = rollover();
    w.e.work_limit = "100 questions";
    EXPECT_EQ(said(w), "reject work-limit");
}
TEST(Accept, R71_KeysOfOneTagAreNotTriedOut) { // CVE-2023-50387
    World w = rollover();
    w.for_all([](Testimony& t) {
        auto k = key("ksk1").key();
        for (int i = 0; i < 8; ++i) { // two octets of one column change places in weight: the tag stays
            k.public_key[0] = static_cast<char>(k.public_key[0] + 1);
            k.public_key[2] = static_cast<char>(k.public_key[2] - 1);
            if (k.tag() == key("ksk1").key().tag()) t.dnskey.set->rdata.push_back(k.rdata());
        }
        std::ranges::sort(t.dnskey.set->rdata);
    });
    ASSERT_GT(w.at(0).dnskey.set->rdata.size(), 7U);
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject same-tag");
    EXPECT_EQ(v.verifications, 0U);
}
TEST(Accept, R71_AHugeKeyIsNotComputedWith) {
    World w = rollover();
    dnssec::Dnskey huge{.algorithm = 8, .public_key = std::string(60000, 'x')};
    w.at(1).dnskey.set->rdata.push_back(huge.rdata());
    EXPECT_EQ(said(w), "reject key-too-big");
}
TEST(Accept, R71_VerificationsEnd) {
    World w = rollover();
    w.p.max_verifications = 3;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject work-limit");
    EXPECT_EQ(v.verifications, 3U);
}
TEST(Accept, R72_AServerWithAForbiddenAddressStopsAll) {
    for (const char* address : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "224.0.0.1", "::1", "fe80::1", "ff02::1"}) {
        World w = rollover();
        w.e.hosts.front().addresses.push_back(address);
        EXPECT_EQ(said(w), "reject address-forbidden") << address;
    }
}
TEST(Accept, R72_AnswersFromForbiddenAddressesDoNotCount) {
    World w = rollover();
    w.e.hosts.back().addresses = {"127.0.0.1"};
    w.at(2).address = "127.0.0.1";
    w.at(2).cds = w.at(2).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject address-forbidden");
    w = rollover();
    w.at(2).address = w.e.hosts.back().addresses.front() = "127.0.0.1";
    w.p.allow_addresses = {parse_network("127.0.0.0/8").value()};
    EXPECT_EQ(said(w), "accept accept-update");
}

} // namespace
} // namespace tutti::accept
