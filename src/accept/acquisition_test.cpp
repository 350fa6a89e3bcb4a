// Who is asked, who answers, and when that is enough.
#include "accept/test_world.hpp"
#include "accept/vantages.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

// ---- acquisition ----

TEST(Accept, R1_OnlyServersOfTheDelegationCount) {
    World w = rollover();
    Testimony other = w.at(0);
    other.ns = name("ns9.other.test");
    other.cds = w.cds({w.ds(key("zsk"))}, {});
    w.e.servers.push_back(other);
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "server-not-in-delegation"));
}
TEST(Accept, R1_ServersThatTheChildAloneNamesCannotSpeakForIt) {
    World w = rollover();
    w.for_all([](Testimony& t) { t.ns = name("ns9.other.test"); });
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}
TEST(Accept, R2_EachAddressHasToBeAsked) {
    World w = rollover();
    w.e.servers.erase(w.e.servers.begin() + 1);
    EXPECT_EQ(said(w), "retry evidence-incomplete");
    w.e.attempt = 4;
    EXPECT_EQ(said(w), "reject evidence-incomplete");
}
TEST(Accept, R2_EachNameHasToBeLookedUp) {
    World w = rollover();
    w.e.hosts.pop_back();
    EXPECT_EQ(said(w), "retry evidence-incomplete");
    w = rollover();
    w.e.hosts.back().resolution = Resolution::not_tried;
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}
TEST(Accept, R2_GlueIsAskedToo) {
    World w = rollover();
    w.r.glue = {{name("ns1.one.test"), {"8.7.7.7"}}};
    EXPECT_EQ(said(w), "retry evidence-incomplete");
    w.r.glue = {{name("ns1.one.test"), {"8.1.1.1"}}};
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R2_NamesWhoseAddressesDoNotValidateAreAsSilent) {
    World w = rollover();
    w.e.hosts.front().resolution = Resolution::bogus;
    EXPECT_EQ(said(w), "retry server-silent");
}
TEST(Accept, R3_RecordsOfAnotherNameOrTypeAreNoAnswer) {
    World w = rollover();
    w.at(1).cds.set->owner = name("other.example");
    EXPECT_EQ(said(w), "reject wrong-answer");
    w = rollover();
    w.at(1).cds.set->type = Type::DS;
    EXPECT_EQ(said(w), "reject wrong-answer");
}
TEST(Accept, R3_LameAndMismatchedAnswersAreNone) {
    World w = rollover();
    w.at(1).cds = answer(Outcome::lame);
    EXPECT_EQ(said(w), "retry server-lame");
    w = rollover();
    w.at(1).cds = answer(Outcome::mismatched);
    EXPECT_EQ(said(w), "retry server-silent");
}
TEST(Accept, R3_MalformedIsRefused) {
    World w = rollover();
    w.at(2).cds = answer(Outcome::malformed);
    EXPECT_EQ(said(w), "reject malformed");
    w = rollover();
    w.at(2).cds.set->rdata = {"abc"};
    EXPECT_EQ(said(w), "reject malformed");
}
TEST(Accept, R5_NodataIsAnAnswerAndDiffersFromCds) {
    World w = rollover();
    w.at(2).cds = w.at(2).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent");
}
TEST(Accept, R5_NodataOfOneTypeWithTheSameKeysInTheOtherIsConsistent) {
    World w = rollover();
    w.at(2).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R6_ASilentServerIsAskedAgainBeforeTheOthersDecide) {
    World w = rollover();
    w.at(1).cds = answer(Outcome::timeout);
    for (int attempt = 0; attempt < 4; ++attempt) {
        w.e.attempt = attempt;
        const auto v = w.judge();
        EXPECT_EQ(said(v), "retry server-silent");
        EXPECT_EQ(v.look_again, kNow + seconds(300) * (1 << attempt));
    }
    w.e.attempt = 4;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "server-ignored"));
}
TEST(Accept, R6_WhatAHalfSilentServerDidSayStillCounts) {
    World w = rollover();
    w.e.attempt = 4;
    w.at(1).cdnskey = answer(Outcome::timeout);
    w.at(1).cds = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject inconsistent");
}
TEST(Accept, R7_DifferencesAreLookedAtAgainAndThenRefused) {
    World w = rollover();
    w.at(1).cds = w.cds({w.ds(key("ksk1"))});
    w.at(1).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent");
    w.e.attempt = 4;
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject inconsistent");
    EXPECT_TRUE(v.change.empty());
}
TEST(Accept, R7_WithoutBackoffTheFirstDifferenceIsRefused) {
    World w = rollover();
    w.p.backoff.clear();
    w.at(1).cds = w.at(1).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "reject inconsistent");
}
TEST(Accept, R8_OneAnswerThatConfirmsEndsTheLook) {
    World w;
    w.e.servers.erase(w.e.servers.begin() + 1, w.e.servers.end());
    w.at(0).cdnskey = w.at(0).dnskey = answer(Outcome::not_asked);
    EXPECT_EQ(said(w), "no-change no-cds");
    w.at(0).cds = w.cds({w.ds(key("ksk1"))});
    EXPECT_EQ(said(w), "no-change ds-current");
}
TEST(Accept, R8_NothingToDoSeesTheStatusQuoInOneAnswer) {
    const World w;
    EXPECT_TRUE(nothing_to_do(w.child, w.r.ds, answer(Outcome::nodata), w.p));
    EXPECT_TRUE(nothing_to_do(w.child, w.r.ds, w.cds({w.ds(key("ksk1"))}), w.p));
    EXPECT_TRUE(nothing_to_do(w.child, w.r.ds, w.cdnskey({key("ksk1").key()}), w.p));
    EXPECT_TRUE(nothing_to_do(w.child, {}, w.cds({dnssec::delete_ds()}), w.p));
}
TEST(Accept, R8_NothingToDoFailsClosed) {
    const World w;
    EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, w.cds({w.ds(key("ksk2"))}), w.p));
    EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, w.cds({w.ds(key("ksk1")), w.ds(key("ksk2"))}), w.p));
    EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, w.cdnskey({key("ksk2").key()}), w.p));
    EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, w.cds({dnssec::delete_ds()}), w.p));
    EXPECT_FALSE(nothing_to_do(w.child, {}, w.cds({w.ds(key("ksk1"))}), w.p));
    EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, w.records(Type::TXT, {"x"}, {}, w.child), w.p));
    for (const auto outcome : {Outcome::timeout, Outcome::lame, Outcome::servfail, Outcome::malformed,
                               Outcome::nxdomain, Outcome::not_asked})
        EXPECT_FALSE(nothing_to_do(w.child, w.r.ds, answer(outcome), w.p));
}
TEST(Accept, R9_AllSilentIsNoChange) {
    World w = rollover();
    w.for_all([](Testimony& t) { t.cds = t.cdnskey = t.dnskey = answer(Outcome::timeout); });
    EXPECT_EQ(said(w), "retry server-silent");
    w.e.attempt = 9;
    EXPECT_EQ(said(w), "reject no-answer");
}
TEST(Accept, R9_NoServerToCheckTheKeysOf) {
    World w = rollover();
    w.for_all([](Testimony& t) { t.dnskey = answer(Outcome::timeout); });
    w.e.attempt = 9;
    EXPECT_EQ(said(w), "reject no-answer");
}
TEST(Accept, R9_ASilentServerCanBeAVeto) {
    World w = rollover();
    w.e.attempt = 4;
    w.at(1).cds = answer(Outcome::timeout);
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.unreachable_is_veto = true;
    EXPECT_EQ(said(w), "reject server-veto");
}
TEST(Accept, R10_EachServerIsRecorded) {
    World w = rollover();
    w.at(1).cds = answer(Outcome::refused);
    w.at(1).cds.rcode = 5;
    const auto v = w.judge();
    ASSERT_EQ(v.servers.size(), 3U);
    EXPECT_EQ(v.servers[0].server, "ns1.one.test. (8.1.1.1)");
    EXPECT_EQ(v.servers[0].transport, "tcp");
    EXPECT_EQ(v.servers[0].serial, 1U);
    EXPECT_EQ(v.servers[0].inception, w.inception);
    EXPECT_EQ(v.servers[0].hash.size(), 64U);
    EXPECT_EQ(v.servers[0].hash, v.servers[2].hash);
    EXPECT_EQ(v.servers[1].rcode, 5);
    EXPECT_EQ(v.servers[1].says, "answers REFUSED");
}
TEST(Accept, R10_TheHashTellsContentsApart) {
    const auto a = rollover().judge();
    World w;
    w.wish({&key("ksk1"), &key("ksk2")});
    EXPECT_NE(a.servers[0].hash, w.judge().servers[0].hash);
}
World from_two_places() {
    World w = rollover();
    const auto n = w.e.servers.size();
    for (std::size_t i = 0; i < n; ++i) {
        w.e.servers[i].vantage = "zrh";
        Testimony t = w.e.servers[i];
        t.vantage = "lax";
        w.e.servers.push_back(std::move(t));
    }
    w.p.vantages = 2;
    return w;
}
TEST(Accept, R11_AllPlacesMustAgree) {
    World w = from_two_places();
    EXPECT_EQ(said(w), "accept accept-update");
    w.at(4).cds = w.at(4).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent");
}
// What several machines saw, put together.
std::string seen_by(World w, std::vector<SeenFrom> all) {
    auto e = together(std::move(all));
    if (!e) return e.error().text();
    w.e = *std::move(e);
    w.p.vantages = 2;
    return said(w);
}
TEST(Accept, R11_MachinesMustAgree) {
    const World w = rollover();
    World other = rollover();
    EXPECT_EQ(seen_by(w, {{"zrh", w.e}, {"lax", other.e}}), "accept accept-update");
    EXPECT_EQ(seen_by(w, {{"zrh", w.e}}), "retry too-few-vantage-points");
    other.at(0).cds = other.at(0).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(seen_by(w, {{"zrh", w.e}, {"lax", other.e}}), "retry inconsistent");
    other = rollover(); // it knows one more address of a server
    other.e.hosts[1].addresses.push_back("8.3.3.3");
    other.e.servers.push_back(other.at(2));
    other.e.servers.back().address = "8.3.3.3";
    EXPECT_EQ(seen_by(w, {{"zrh", w.e}, {"lax", other.e}}), "retry evidence-incomplete");
    other = rollover(); // and here it knows none
    other.e.hosts[1].resolution = Resolution::bogus;
    other.e.hosts[1].addresses.clear();
    std::erase_if(other.e.servers, [&](const Testimony& t) { return t.ns == other.e.hosts[1].name; });
    EXPECT_NE(seen_by(w, {{"zrh", w.e}, {"lax", other.e}}).substr(0, 6), "accept");
    other = rollover();
    other.e.child = name("another.example");
    EXPECT_NE(seen_by(w, {{"zrh", w.e}, {"lax", other.e}}).find("different things"), std::string::npos);
}

TEST(Accept, R11_TooFewPlaces) {
    World w = from_two_places();
    w.p.vantages = 3;
    EXPECT_EQ(said(w), "retry too-few-vantage-points");
    w = from_two_places();
    w.e.servers.pop_back();
    EXPECT_EQ(said(w), "retry evidence-incomplete");
}

} // namespace
} // namespace tutti::accept
