// CSYNC: name servers and their glue.
#include "accept/test_world.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

TEST(Accept, R45_TheChildMustBeSecure) {
    World w = csync_world();
    EXPECT_EQ(said(w), "accept accept-csync");
    w.r.ds.clear();
    EXPECT_EQ(said(w), "reject csync-insecure");
    w = csync_world();
    w.p.csync = false;
    EXPECT_EQ(said(w), "reject csync-off");
}
TEST(Accept, R45_EverythingMustValidate) {
    const std::function<Answer&(Testimony&)> answers[] = {[](Testimony& t) -> Answer& { return t.csync; },
                                                          [](Testimony& t) -> Answer& { return t.soa; },
                                                          [](Testimony& t) -> Answer& { return t.ns_set; }};
    for (const auto& pick : answers) {
        World w = csync_world();
        pick(w.at(1)).rrsigs.front().back() ^= 1;
        EXPECT_EQ(said(w), "reject csync-unvalidated");
        w = csync_world();
        pick(w.at(2)).rrsigs.clear();
        EXPECT_EQ(said(w), "reject csync-unvalidated");
    }
    World w = csync_world();
    w.at(1).dnskey.rrsigs.clear();
    EXPECT_EQ(said(w), "reject dnskey-unsigned");
}
TEST(Accept, R45_WhatIsNotThereMustBeProved) {
    World w = glue_world();
    EXPECT_EQ(said(w), "accept accept-csync");
    w.at(1).hosts[0].aaaa.denial.clear();
    EXPECT_EQ(said(w), "reject denial-missing");
    w = glue_world(); // the proof itself must be signed, and say it
    w.at(1).hosts[0].aaaa.denial[0].rrsigs.clear();
    EXPECT_EQ(said(w), "reject denial-missing");
    w = glue_world();
    const auto nsec = rrset(name("ns.child.example"), Type::NSEC, {rdata(Type::NSEC, "z.child.example. A AAAA")});
    w.at(1).hosts[0].aaaa.denial = {{nsec, w.signed_answer(nsec, {&key("zsk")}).rrsigs}};
    EXPECT_EQ(said(w), "reject denial-missing");
}
TEST(Accept, R45_WithoutSoaNothingIsKnown) {
    World w = csync_world();
    w.at(1).soa = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject csync-unvalidated");
}
TEST(Accept, R3_CsyncAnswersMustFitTheirQuestions) {
    World w = csync_world();
    w.at(1).csync = answer(Outcome::malformed);
    EXPECT_EQ(said(w), "reject malformed");
    w = csync_world();
    w.at(1).ns_set.set->owner = name("other.example");
    EXPECT_EQ(said(w), "reject wrong-answer");
}
TEST(Accept, R46_UnknownFlagsAndTypes) {
    EXPECT_EQ(said(csync_world("1 5 NS")), "reject csync-flags");
    EXPECT_EQ(said(csync_world("1 32769 NS")), "reject csync-flags");
    EXPECT_EQ(said(csync_world("1 1 NS TXT")), "reject csync-types");
    EXPECT_EQ(said(csync_world("1 1 MX")), "reject csync-types");
}
TEST(Accept, R47_WithoutImmediateSomebodyHasToAgree) {
    EXPECT_EQ(said(csync_world("1 0 NS")), "hold csync-not-immediate");
    EXPECT_EQ(said(csync_world("1 2 NS")), "hold csync-not-immediate");
}
TEST(Accept, R48_SoaMinimum) {
    EXPECT_EQ(said(csync_world("1 3 NS")), "accept accept-csync");
    EXPECT_EQ(said(csync_world("2 3 NS")), "reject csync-soaminimum");
    EXPECT_EQ(said(csync_world("2 1 NS")), "accept accept-csync"); // the flag is not set: the number means nothing
    EXPECT_EQ(said(csync_world("4294967295 3 NS")), "accept accept-csync"); // RFC 1982: one before 0
}
TEST(Accept, R48_EachServersOwnSerial) {
    World w = csync_world("2 3 NS");
    for (const std::size_t i : {0U, 1U}) w.at(i).soa = w.at(i).soa_after = w.signed_answer(w.soa(2), {&key("zsk")});
    EXPECT_EQ(said(w), "retry csync-soaminimum-differs");
    w.at(2).soa = w.at(2).soa_after = w.signed_answer(w.soa(7), {&key("zsk")});
    EXPECT_EQ(said(w), "accept accept-csync");
}
TEST(Accept, R49_TypesAndFlagAreTheSameEverywhere) {
    for (const char* other : {"1 1 NS A", "1 0 NS"}) {
        World w = csync_world();
        w.at(2).csync = w.records(Type::CSYNC, {other}, {&key("zsk")}, w.child);
        EXPECT_EQ(said(w), "retry csync-differs");
    }
    World w = csync_world();
    w.at(2).csync = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry csync-differs");
}
TEST(Accept, R49_SerialAndSoaMinimumMayDiffer) {
    World w = csync_world();
    w.at(2).csync = w.records(Type::CSYNC, {"0 3 NS"}, {&key("zsk")}, w.child);
    EXPECT_EQ(said(w), "accept accept-csync");
}
TEST(Accept, R50_TheZoneStoodStill) {
    World w = csync_world();
    w.at(1).soa_after = w.signed_answer(w.soa(2), {&key("zsk")});
    EXPECT_EQ(said(w), "retry csync-serial-moved");
    w = csync_world();
    w.at(1).soa_after = answer(Outcome::timeout);
    EXPECT_EQ(said(w), "retry csync-data-missing");
    w = csync_world();
    w.at(1).soa = answer(Outcome::not_asked);
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}
TEST(Accept, R51_GlueOfTheNewNsSetInTheChildOnly) {
    const auto v = glue_world().judge();
    EXPECT_EQ(said(v), "accept accept-csync");
    ASSERT_EQ(v.change.glue_add.size(), 1U);
    EXPECT_EQ(v.change.glue_add[0], (Glue{name("ns.child.example"), {"8.9.9.9"}}));
    EXPECT_EQ(v.change.glue_remove[0], (Glue{name("ns.child.example"), {"2a00::1", "8.1.1.1"}}));
    EXPECT_TRUE(mentions(v, "csync-glue-ignored")); // of ns2.two.test
}
TEST(Accept, R51_GlueCanBeLeftToOthers) {
    World w = glue_world();
    w.p.csync_glue = false;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "no-change csync-current");
    EXPECT_TRUE(mentions(v, "csync-glue-ignored"));
}
TEST(Accept, R51_OneFamilyLeavesTheOther) {
    const auto v = glue_world({"8.9.9.9"}, "1 1 A").judge();
    EXPECT_EQ(said(v), "accept accept-csync");
    EXPECT_EQ(v.change.glue_remove[0].addresses, std::vector<std::string>{"8.1.1.1"});
}
TEST(Accept, R52_DataAreTheSameEverywhere) {
    World w = csync_world();
    w.at(2).ns_set = w.records(Type::NS, {"ns1.one.test.", "ns2.two.test."}, {&key("zsk")}, w.child);
    EXPECT_EQ(said(w), "retry csync-data-differs");
    w = glue_world();
    const auto host = name("ns.child.example");
    w.at(2).hosts[0].a = w.records(Type::A, {"8.9.9.8"}, {&key("zsk")}, host);
    EXPECT_EQ(said(w), "retry csync-data-differs");
}
TEST(Accept, R52_AHostThatDoesNotExist) {
    World w = glue_world();
    w.for_all([](Testimony& t) { t.hosts[0].aaaa.outcome = Outcome::nxdomain; });
    EXPECT_EQ(said(w), "reject csync-data-missing");
}
TEST(Accept, R52_AnEmptyNsSetIsRefused) {
    World w = csync_world();
    w.for_all([](Testimony& t) { t.ns_set = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "reject csync-ns-empty");
    w.for_all([](Testimony& t) { t.ns_set = answer(Outcome::timeout); });
    EXPECT_EQ(said(w), "retry csync-data-missing");
}
TEST(Accept, R53_NewServersMustServeTheChild) {
    World w = csync_world();
    EXPECT_EQ(w.judge().change.ns_add, std::vector{new_ns()});
    w.e.candidates[0].soa = answer(Outcome::lame);
    EXPECT_EQ(said(w), "retry csync-new-server-failed");
    w.e.attempt = 4;
    EXPECT_EQ(said(w), "reject csync-new-server-failed");
    w = csync_world();
    w.e.candidates.clear();
    EXPECT_EQ(said(w), "retry evidence-incomplete");
    w = csync_world();
    w.e.hosts.back().resolution = Resolution::no_address;
    w.e.hosts.back().addresses.clear();
    EXPECT_EQ(said(w), "retry csync-new-server-failed");
    w = csync_world();
    w.e.hosts.pop_back();
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}
TEST(Accept, R53_NewServersMustHaveTheKeys) {
    World w = csync_world();
    w.e.candidates[0].dnskey = w.dnskey({&key("ksk2"), &key("zsk")}, {&key("ksk2")});
    EXPECT_EQ(said(w), "reject csync-new-server-insecure");
    w.e.candidates[0].dnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry csync-new-server-insecure");
}
TEST(Accept, R53_NewGlueIsTriedToo) {
    World w = glue_world();
    w.e.candidates[0].soa = answer(Outcome::timeout);
    EXPECT_EQ(said(w), "retry csync-new-server-failed");
    w.e.candidates.clear();
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}
TEST(Accept, R54_OneCsyncOnly) {
    World w = csync_world();
    w.for_all([&](Testimony& t) { t.csync = w.records(Type::CSYNC, {"1 1 NS", "2 1 NS"}, {&key("zsk")}, w.child); });
    EXPECT_EQ(said(w), "reject csync-several");
    w = csync_world();
    w.at(1).csync.set->rdata = {"abc"};
    EXPECT_EQ(said(w), "reject malformed");
}
TEST(Accept, R54_ServersInTheChildNeedGlue) {
    World w = csync_world("1 1 NS", {"ns1.one.test.", "ns.child.example."});
    EXPECT_EQ(said(w), "reject csync-glue-missing");
    w = glue_world();
    w.e.candidates.clear();
    const auto host = name("ns.child.example");
    const auto nsec = rrset(host, Type::NSEC, {rdata(Type::NSEC, "z.child.example. TXT RRSIG NSEC")});
    w.for_all([&](Testimony& t) {
        t.hosts[0].a = t.hosts[0].aaaa = answer(Outcome::nodata);
        t.hosts[0].a.denial = t.hosts[0].aaaa.denial = {{nsec, w.signed_answer(nsec, {&key("zsk")}).rrsigs}};
    });
    EXPECT_EQ(said(w), "reject csync-glue-missing");
}
TEST(Accept, R55_WhatWasActedOnIsNotActedOnAgain) {
    World w = csync_world("1 3 NS");
    const auto v = w.judge();
    ASSERT_TRUE(v.csync);
    EXPECT_EQ(v.csync->serial, 1U);
    w.r.last_csync = v.csync;
    EXPECT_EQ(said(w), "no-change csync-processed");
    World other = csync_world("0 3 NS");
    other.r.last_csync = v.csync;
    EXPECT_EQ(said(other), "accept accept-csync");
}
TEST(Accept, R55_OldAnswersAreNoNewWish) {
    World w = csync_world();
    w.r.last_csync = CsyncDone{1, "x", kNow - kHour + seconds(1)};
    EXPECT_EQ(said(w), "reject replay");
    w.r.last_csync->inception = kNow - kHour;
    EXPECT_EQ(said(w), "accept accept-csync");
    w.r.last_change = Applied{kNow, Channel::epp, std::nullopt};
    EXPECT_EQ(said(w), "reject replay-out-of-band");
}
TEST(Accept, R8_NoCsyncIsNoWish) {
    World w = csync_world();
    w.for_all([](Testimony& t) { t.csync = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "no-change no-csync");
    EXPECT_EQ(said(csync_world("1 1 NS", {"ns2.two.test.", "ns1.one.test."})), "no-change csync-current");
}
TEST(Accept, R6_CsyncWaitsForSilentServersToo) {
    World w = csync_world();
    w.at(1).csync = answer(Outcome::timeout);
    EXPECT_EQ(said(w), "retry server-silent");
    w.e.attempt = 4;
    EXPECT_EQ(said(w), "accept accept-csync");
}
TEST(Accept, R68_CsyncStopsAtALockWhereItShould) {
    World w = csync_world();
    w.r.statuses = {"serverUpdateProhibited"};
    EXPECT_EQ(said(w), "accept accept-csync");
    w.p.role = Role::registrar;
    EXPECT_EQ(said(w), "hold locked");
}
TEST(Accept, R71_ACsyncBringsSoManyServersOnly) {
    World w = csync_world();
    w.p.max_ns = 3;
    EXPECT_EQ(said(w), "accept accept-csync");
    w.p.max_ns = 2;
    EXPECT_EQ(said(w), "reject too-many-servers");
}
TEST(Accept, R71_Nsec3WithManyIterationsIsNotComputed) { // CVE-2023-50868
    World w = glue_world();
    const auto owner = name("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.child.example");
    for (const auto& [iterations, expected] :
         {std::pair{"2500", "reject nsec3-iterations"}, std::pair{"1", "reject denial-missing"}}) {
        const auto nsec3 =
            rrset(owner, Type::NSEC3,
                  {rdata(Type::NSEC3, std::string("1 0 ") + iterations + " - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A")});
        w.for_all(
            [&](Testimony& t) { t.hosts[0].aaaa.denial = {{nsec3, w.signed_answer(nsec3, {&key("zsk")}).rrsigs}}; });
        EXPECT_EQ(said(w), expected);
    }
}
TEST(Accept, R72_GlueMustBePublic) {
    for (const char* address : {"127.0.0.1", "10.0.0.1", "224.1.1.1"})
        EXPECT_EQ(said(glue_world({address}, "1 1 A")), "reject address-forbidden") << address;
    World w = csync_world();
    w.e.hosts.back().addresses = {"192.168.0.1"};
    EXPECT_EQ(said(w), "reject address-forbidden");
}

} // namespace
} // namespace tutti::accept
