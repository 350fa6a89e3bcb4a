// DS updates: who signed, how old that is, and whether validators find their way in afterwards.
#include "accept/test_world.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

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
// Two signers date back differently: each is compared with what it signed itself. One who was not there before is not
// told older by the other's clock.
TEST(Accept, R27_EachKeyIsComparedWithItself) {
    World w;
    w.r.ds = {w.ds(key("ksk1")), w.ds(key("ksk2"))};
    w.wish({&key("ksk1"), &key("ksk2"), &key("rsa")}, {&key("ksk1")});
    w.serve_keys({&key("ksk1"), &key("ksk2"), &key("zsk"), &key("rsa")}, {&key("ksk1"), &key("rsa")});
    const Instant first = w.inception;
    w.inception = first - kHour / 2;
    Testimony& other = w.at(2);
    other.dnskey = w.dnskey({&key("ksk1"), &key("ksk2"), &key("rsa")}, {&key("ksk2"), &key("rsa")});
    other.cds = w.cds({w.ds(key("ksk1")), w.ds(key("ksk2")), w.ds(key("rsa"))}, {&key("ksk2")});
    other.cdnskey = answer(Outcome::nodata);
    const auto age = [](const TestSigner& k, Instant t) { return KeyAge{k.key().tag(), k.key().algorithm, t}; };

    w.r.last_change = Applied{kNow - kDay, Channel::in_band, first, {age(key("ksk1"), first)}};
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.by_key, (std::vector{age(key("ksk1"), first), age(key("ksk2"), first - kHour / 2)}));

    w.r.last_change->by_key = {age(key("ksk1"), first + seconds(1))};
    EXPECT_EQ(said(w), "reject replay") << "older than what the same key signed";
    w.r.last_change->by_key = {age(key("ksk1"), first), age(key("ksk2"), first)};
    EXPECT_EQ(said(w), "reject replay") << "one of them sends old answers again";
    w.r.last_change->by_key = {age(key("rsa"), first)};
    EXPECT_EQ(said(w), "accept accept-update") << "others have taken over, who date back further";
    w.r.last_change->inception = first + 14 * kDay;
    EXPECT_EQ(said(w), "accept accept-update") << "PowerDNS dates back to the Thursday before the last";
    w.r.last_change->inception = first + w.p.backdating;
    EXPECT_EQ(said(w), "reject replay") << "nobody dates back so far";
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

} // namespace
} // namespace tutti::accept
