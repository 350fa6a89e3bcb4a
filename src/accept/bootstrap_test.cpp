// The first DS, and their removal.
#include "accept/test_world.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

TEST(Accept, R4_WaitingCountsOnlyByTcp) {
    World w = watched();
    EXPECT_EQ(said(w), "accept accept-bootstrap-delay");
    w.at(1).cds.transport = Transport::udp;
    EXPECT_EQ(said(w), "retry delay-needs-tcp");
    w.p.delay_needs_tcp = false;
    EXPECT_EQ(said(w), "accept accept-bootstrap-delay");
}
TEST(Accept, R4_SignalsDoNotNeedTcp) {
    World w = first_ds();
    w.for_all([](Testimony& t) { t.cds.transport = t.cdnskey.transport = t.dnskey.transport = Transport::udp; });
    EXPECT_EQ(said(w), "accept accept-bootstrap");
}
TEST(Accept, R6_AnyFailureEndsABootstrap) {
    for (const auto outcome : {Outcome::timeout, Outcome::refused, Outcome::servfail, Outcome::lame}) {
        World w = first_ds();
        w.at(2).cdnskey = answer(outcome);
        EXPECT_EQ(said(w), "reject bootstrap-server-failed");
        w.e.attempt = 9;
        EXPECT_EQ(said(w), "reject bootstrap-server-failed");
    }
}
TEST(Accept, R6_NobodyKnowsYetThatItIsABootstrap) {
    World w = first_ds();
    w.for_all([](Testimony& t) { t.cds = t.cdnskey = answer(Outcome::timeout); });
    EXPECT_EQ(said(w), "retry server-silent");
}

// ---- RFC 9615 ----

TEST(Accept, R30_SignalsAtAllServersOutsideTheChild) {
    const auto v = first_ds().judge();
    EXPECT_EQ(said(v), "accept accept-bootstrap");
    EXPECT_EQ(v.kind, Kind::bootstrap);
    EXPECT_EQ(v.change.ds_add, std::vector{World().ds(key("ksk1"))});
    EXPECT_TRUE(v.change.ds_remove.empty());
}
TEST(Accept, R30_OneSignalMissing) {
    World w = first_ds();
    w.e.signals[1].cds = w.e.signals[1].cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject signal-missing");
    w = first_ds();
    w.e.signals.pop_back();
    EXPECT_EQ(said(w), "reject signal-missing");
}
TEST(Accept, R30_SignalsMustBeSecure) {
    const std::pair<Security, const char*> cases[] = {{Security::bogus, "reject signal-bogus"},
                                                      {Security::insecure, "reject signal-insecure"},
                                                      {Security::unknown, "reject signal-failed"}};
    for (const auto& [security, expected] : cases) {
        World w = first_ds();
        w.e.signals[1].cds_security = security;
        EXPECT_EQ(said(w), expected);
        w = first_ds();
        w.e.signals[0].cdnskey_security = security;
        EXPECT_EQ(said(w), expected);
    }
}
TEST(Accept, R30_SignalsMustSayTheSameInEachType) {
    World w = first_ds();
    w.e.signals[1].cdnskey = answer(Outcome::nodata); // there at the apex, not at the signal
    EXPECT_EQ(said(w), "reject signal-differs");
    w = first_ds();
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); }); // the other way round
    EXPECT_EQ(said(w), "reject signal-differs");
    w = first_ds();
    w.e.signals[0].cds = World::moved(w.cds({w.ds(key("ksk2"))}), *w.e.signals[0].name);
    EXPECT_EQ(said(w), "reject signal-differs");
}
TEST(Accept, R30_OneTypeAtBothPlacesIsEnough) {
    World w = first_ds();
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); });
    w.signal();
    EXPECT_EQ(said(w), "accept accept-bootstrap");
}
TEST(Accept, R30_SignalsFromEachPlaceOrFromOneForAll) {
    World w = first_ds();
    w.for_all([](Testimony& t) { t.vantage = "zrh"; });
    EXPECT_EQ(said(w), "accept accept-bootstrap");
    for (auto& s : w.e.signals) s.vantage = "zrh";
    EXPECT_EQ(said(w), "accept accept-bootstrap");
    w.e.signals[1].vantage = "lax";
    EXPECT_EQ(said(w), "reject evidence-incomplete");
}
TEST(Accept, R31_AllServersInTheChildIsNotForSignals) {
    World w = first_ds();
    for (std::size_t i = 0; i < 2; ++i)
        w.r.ns[i] = w.e.hosts[i].name = name("ns" + std::to_string(i) + ".child.example");
    w.at(0).ns = w.at(1).ns = w.r.ns[0];
    w.at(2).ns = w.r.ns[1];
    w.e.signals.clear();
    EXPECT_EQ(said(w), "reject signal-all-in-domain");
    w.p.bootstrap_delay = true; // where the policy has another way, the reason stays visible
    const auto v = w.judge();
    EXPECT_EQ(said(v), "hold delay-counting");
    EXPECT_TRUE(mentions(v, "signal-all-in-domain"));
}
TEST(Accept, R31_ServersInTheChildNeedNoSignal) {
    World w = first_ds();
    w.r.ns[1] = w.e.hosts[1].name = w.at(2).ns = name("ns.child.example");
    w.e.signals.pop_back();
    EXPECT_EQ(said(w), "accept accept-bootstrap");
}
TEST(Accept, R32_NoZoneCutAtTheSignal) {
    World w = first_ds();
    w.e.signals[0].zone_cut = true;
    EXPECT_EQ(said(w), "reject signal-zone-cut");
    w = first_ds();
    w.e.signals[1].zone_cut = true;
    EXPECT_EQ(said(w), "reject signal-zone-cut");
}
TEST(Accept, R34_SignalsOfStrangersDoNotCount) {
    World w = first_ds();
    w.e.trigger = Trigger::walk;
    w.e.signals[1].ns = name("ns9.other.test");
    EXPECT_EQ(said(w), "reject signal-missing");
    w = first_ds();
    w.e.signals.push_back(w.e.signals[0]);
    w.e.signals.back().ns = name("ns9.other.test");
    w.e.signals.back().cds_security = Security::bogus;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-bootstrap");
    EXPECT_TRUE(mentions(v, "signal-not-in-delegation"));
}
TEST(Accept, R35_ANameTooLongForASignal) {
    World w = first_ds();
    w.e.signals[0].name.reset();
    EXPECT_EQ(said(w), "reject signal-name-too-long");
    w.p.bootstrap_delay = true;
    EXPECT_EQ(said(w), "hold delay-counting");
}
TEST(Accept, R36_SignalsSayNothingAboutAChildWithDs) {
    World w = rollover();
    w.signal();
    for (auto& s : w.e.signals) s.cds_security = Security::bogus;
    EXPECT_EQ(said(w), "accept accept-update");
    w.for_all([&](Testimony& t) { t.cds.rrsigs.clear(); });
    for (auto& s : w.e.signals) s.cds_security = Security::secure;
    EXPECT_EQ(said(w), "reject unsigned");
}

// ---- RFC 8078: wait and see ----

TEST(Accept, R37_OffUnlessThePolicySaysSo) {
    World w = first_ds();
    w.e.signals.clear();
    EXPECT_EQ(said(w), "reject signal-missing");
    w.p.bootstrap_signal = false;
    EXPECT_EQ(said(w), "reject bootstrap-off");
    w.p.bootstrap_delay = true;
    EXPECT_EQ(said(w), "hold delay-counting");
}
TEST(Accept, R37_MissingSignalsLeadToWaitingWrongOnesDoNot) {
    World w = first_ds();
    w.p.bootstrap_delay = true;
    for (auto& s : w.e.signals) s.cds = s.cdnskey = answer(Outcome::nxdomain);
    EXPECT_EQ(said(w), "hold delay-counting");
    for (auto& s : w.e.signals) s.cds_security = Security::bogus;
    EXPECT_EQ(said(w), "reject signal-bogus");
    w = first_ds();
    w.p.bootstrap_delay = true;
    w.e.signals[0].cds = w.e.signals[0].cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject signal-missing");
}
TEST(Accept, R38_EnoughLooksOverEnoughDays) {
    World w = watched();
    EXPECT_EQ(said(w), "accept accept-bootstrap-delay");
    w.r.delay->first = kNow - w.p.delay + seconds(1);
    EXPECT_EQ(said(w), "hold delay-counting");
    w = watched();
    w.r.delay->runs = 1;
    EXPECT_EQ(said(w), "hold delay-counting");
}
TEST(Accept, R38_LooksCloseTogetherCountOnce) {
    World w = watched();
    w.r.delay->runs = 1;
    w.r.delay->last = kNow - kHour;
    auto v = w.judge();
    EXPECT_EQ(v.delay->runs, 1);
    EXPECT_EQ(v.look_again, kNow - kHour + w.p.delay_interval);
    w.r.delay->last = kNow - kDay;
    v = w.judge();
    EXPECT_EQ(v.delay->runs, 2);
    EXPECT_EQ(v.delay->last, kNow);
}
TEST(Accept, R38_AnyDifferenceBeginsAnew) {
    World w = watched();
    w.wish({&key("ksk2")});
    auto v = w.judge();
    EXPECT_EQ(said(v), "hold delay-counting");
    EXPECT_EQ(v.delay->runs, 1);
    EXPECT_EQ(v.delay->first, kNow);
    EXPECT_TRUE(mentions(v, "delay-restarted"));
    w = watched();
    w.at(1).cds = w.at(1).cdnskey = answer(Outcome::nodata);
    v = w.judge();
    EXPECT_EQ(said(v), "retry inconsistent");
    EXPECT_FALSE(v.delay);
    w.for_all([](Testimony& t) { t.cds = t.cdnskey = answer(Outcome::nodata); });
    EXPECT_FALSE(w.judge().delay);
}
TEST(Accept, R38_AChangeByAnotherWayBeginsAnew) {
    World w = watched();
    w.r.last_change = Applied{kNow - 2 * kDay, Channel::epp, std::nullopt};
    const auto v = w.judge();
    EXPECT_EQ(said(v), "hold delay-counting");
    EXPECT_EQ(v.delay->runs, 1);
}
TEST(Accept, R38_ASilentServerDoesNotCountAndDoesNotReset) {
    World w = watched();
    w.at(1).dnskey = answer(Outcome::timeout);
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject bootstrap-server-failed");
    EXPECT_EQ(v.delay, w.r.delay);
}
TEST(Accept, R39_AFirstDsMustLeadIntoTheZone) {
    for (auto w : {first_ds(), watched()}) {
        w.serve_keys({&key("ksk1"), &key("zsk")}, {&key("zsk")});
        EXPECT_EQ(said(w), "reject continuity-broken");
    }
    World w = first_ds();
    w.at(2).dnskey = w.dnskey({&key("zsk")}, {&key("zsk")});
    EXPECT_NE(w.judge().decision, Decision::accept);
}
TEST(Accept, R39_CdsThatWouldBeBogusAreNotTaken) {
    World w = first_ds();
    w.at(2).cds.rrsigs.clear();
    EXPECT_EQ(said(w), "reject unsigned");
    w = first_ds();
    w.expiration = kNow - kHour / 2;
    w.wish({&key("ksk1")});
    EXPECT_EQ(said(w), "reject signature-expired");
}
TEST(Accept, R40_NoDsWhereTheRegistrarCannotRemoveThem) {
    World w = first_ds();
    w.r.registrar_offers_disable = OffersDisable::no;
    EXPECT_EQ(said(w), "reject registrar-cannot-disable");
    w.r.registrar_offers_disable = OffersDisable::yes;
    EXPECT_EQ(said(w), "accept accept-bootstrap");
    w = rollover(); // not about children that are secure already
    w.r.registrar_offers_disable = OffersDisable::no;
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R41_WhateverMadeUsLookTheJudgementIsTheSame) {
    for (const auto trigger : {Trigger::scan, Trigger::notify, Trigger::new_ns, Trigger::walk, Trigger::manual}) {
        World w = first_ds();
        w.e.trigger = trigger;
        EXPECT_EQ(said(w), "accept accept-bootstrap");
        w.e.signals[0].cds_security = Security::bogus;
        EXPECT_EQ(said(w), "reject signal-bogus");
    }
}

// ---- delete ----

TEST(Accept, R42_DeleteIsAuthenticatedLikeAnUpdate) {
    const auto v = removal().judge();
    EXPECT_EQ(said(v), "accept accept-delete");
    EXPECT_EQ(v.change.ds_remove.size(), 1U);
    EXPECT_TRUE(v.change.ds_add.empty());
    World w;
    w.wish_delete({&key("zsk")});
    EXPECT_EQ(said(w), "reject signer-not-in-ds");
    w.wish_delete({});
    EXPECT_EQ(said(w), "reject unsigned");
}
TEST(Accept, R42_DeleteIsNoReplay) {
    World w = removal();
    w.r.last_change = Applied{kNow - kDay, Channel::in_band, kNow};
    EXPECT_EQ(said(w), "reject replay");
    w = removal();
    w.p.allow_delete = false;
    EXPECT_EQ(said(w), "hold delete-off");
}
TEST(Accept, R43_AfterDeletionByAnotherWayAutomationRests) {
    World w = first_ds();
    w.r.suspended = true;
    EXPECT_EQ(said(w), "hold suspended");
    w.p.bootstrap_delay = true;
    w.e.signals.clear();
    EXPECT_EQ(said(w), "hold suspended");
}
TEST(Accept, R43_AfterDeletionInBandItGoesOn) {
    World w = first_ds();
    w.r.last_change = Applied{kNow - kDay, Channel::in_band, kNow - kDay};
    EXPECT_EQ(said(w), "accept accept-bootstrap");
    w.r.last_change->inception = kNow; // but old records do not bring the DS back
    EXPECT_EQ(said(w), "reject replay");
}
TEST(Accept, R44_ADsEndsTheSuspension) {
    World w = rollover();
    w.r.suspended = true;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "suspension-over"));
}
TEST(Accept, R44_DeleteWithoutDsIsNothing) {
    World w = removal();
    w.r.ds.clear();
    EXPECT_EQ(said(w), "no-change delete-done");
    w.wish_delete({});
    EXPECT_EQ(said(w), "no-change delete-done");
}

} // namespace
} // namespace tutti::accept
