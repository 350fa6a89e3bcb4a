// Addresses, policies, JSON, reasons: the values around a judgement.
#include "accept/json.hpp"
#include "accept/reasons.hpp"
#include "accept/test_world.hpp"
#include "accept/verifier.hpp"
#include "model/json.hpp"

#include <boost/json/serialize.hpp>

#include <set>

namespace tutti::accept {
namespace {

using namespace testing;

TEST(Addresses, R72_PublicOnesMayBeContacted) {
    for (const char* a :
         {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.1.1",
          "198.20.0.1", "223.255.255.255", "2a00::1", "2001:500:1::53", "2620:fe::fe"})
        EXPECT_TRUE(may_contact(a)) << a;
}
TEST(Addresses, R72_OthersMayNot) {
    for (const char* a : {"0.0.0.0",
                          "0.1.2.3",
                          "10.0.0.1",
                          "100.64.0.1",
                          "100.127.255.255",
                          "127.0.0.1",
                          "127.255.255.255",
                          "169.254.1.1",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.0.0.8",
                          "192.0.2.1",
                          "192.168.0.1",
                          "198.18.0.1",
                          "198.19.255.255",
                          "198.51.100.1",
                          "203.0.113.1",
                          "224.0.0.1",
                          "239.1.1.1",
                          "240.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::1",
                          "::ffff:8.8.8.8",
                          "::ffff:127.0.0.1",
                          "64:ff9b::7f00:1",
                          "100::1",
                          "2001::1",
                          "2001:db8::1",
                          "2002:7f00:1::",
                          "3fff::1",
                          "fc00::1",
                          "fd12:3456::1",
                          "fe80::1",
                          "fec0::1",
                          "ff02::1",
                          "4000::1"})
        EXPECT_FALSE(may_contact(a)) << a;
}
TEST(Addresses, R72_WhatIsNoAddressIsNotContacted) {
    for (const char* a : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "ns.example", "1.1.1.1 ", "fe80::1%eth0", "::g",
                          "0x7f000001", "2130706433"})
        EXPECT_FALSE(may_contact(a)) << a;
}
TEST(Addresses, R72_ExceptionsAreExact) {
    const std::vector allowed{parse_network("127.8.0.0/14").value(), parse_network("fd00::/8").value(),
                              parse_network("10.1.2.3").value()};
    for (const char* a : {"127.8.0.1", "127.11.255.255", "fd01::1", "10.1.2.3"})
        EXPECT_TRUE(may_contact(a, allowed)) << a;
    for (const char* a : {"127.7.255.255", "127.12.0.0", "fc01::1", "10.1.2.4"})
        EXPECT_FALSE(may_contact(a, allowed)) << a;
    EXPECT_EQ(to_string(allowed[0]), "127.8.0.0/14");
    EXPECT_EQ(to_string(allowed[2]), "10.1.2.3/32");
}
TEST(Addresses, BlocksThatAreNone) {
    for (const char* text : {"", "127.0.0.0/33", "127.0.0.0/", "127.0.0.0/-1", "fd00::/129", "x/8", "1.2.3/8"})
        EXPECT_FALSE(parse_network(text)) << text;
}

TEST(Policy, EachNameIsThere) {
    for (const auto n : policy_names()) EXPECT_EQ(policy_by_name(n).value().name, n);
    const auto unknown = policy_by_name("lax");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().text().find("strict, ch, cz, se"), std::string::npos);
    EXPECT_FALSE(policy_by_name("strict")->bootstrap_delay); // R37: off unless asked for
}
TEST(Policy, SettingsOverAPreset) {
    auto p = policy_by_name("ch").value();
    for (const char* text : {"max_ds=4", "algorithms=13,15", "delay=3d", "allow_addresses=127.0.0.0/8,fd00::/8",
                             "source=prefer-cdnskey", "backoff=1m,2m", "role=registrar", "csync=no", "vantages=1"})
        EXPECT_TRUE(set(p, text)) << text;
    EXPECT_EQ(p.max_ds, 4U);
    EXPECT_EQ(p.algorithms, (std::vector<std::uint8_t>{13, 15}));
    EXPECT_EQ(p.delay, 3 * kDay);
    EXPECT_EQ(p.allow_addresses.size(), 2U);
    EXPECT_EQ(p.source, Source::prefer_cdnskey);
    EXPECT_EQ(p.backoff, (std::vector<Duration>{seconds(60), seconds(120)}));
    EXPECT_EQ(p.role, Role::registrar);
    EXPECT_FALSE(p.csync);
    EXPECT_TRUE(set(p, "backoff=none") && p.backoff.empty());
}
TEST(Policy, WrongSettingsSayWhatIsAllowed) {
    Policy p;
    const Policy before = p;
    for (const char* text :
         {"max_ds=0", "max_ds=65", "max_ds=x", "max_ds", "algorithms=5", "algorithms=", "delay=-1s", "digest_types=1",
          "change_ttl=299", "change_ttl=901", "csync=maybe", "source=both", "max_nsec3_iterations=151",
          "allow_addresses=127.0.0.0/99", "backoff=0s", "color=blue", "role=king", ""}) {
        const auto done = set(p, text);
        ASSERT_FALSE(done) << text;
        EXPECT_FALSE(done.error().remedy.empty()) << text;
        EXPECT_EQ(p, before) << text;
    }
}

TEST(AcceptJson, WhatIsWrittenReadsBackEqual) {
    for (const auto& w : {rollover(), removal(), first_ds(), watched(), csync_world(), glue_world()}) {
        EXPECT_EQ(evidence_from_json(to_json(w.e)), w.e);
        EXPECT_EQ(registry_from_json(to_json(w.r)), w.r);
        const auto v = w.judge();
        EXPECT_EQ(verdict_from_json(to_json(v)), v);
        // Kept evidence gives the same verdict again.
        const auto text = boost::json::serialize(to_json(w.e));
        const auto kept = evidence_from_json(model::parse_json(text).value());
        ASSERT_TRUE(kept) << kept.error().text();
        EXPECT_EQ(judge(*kept, w.r, w.p, w.now), v);
    }
}
TEST(AcceptJson, TheTextIsThatOfTheValue) {
    const auto text_of = [](const auto& v) {
        std::string out = "before ";
        append_json(out, v);
        return out;
    };
    const auto through_value = [](const auto& v) { return "before " + boost::json::serialize(to_json(v)); };
    for (auto w : {rollover(), removal(), first_ds(), watched(), csync_world(), glue_world()}) {
        // What has to be escaped, what is not UTF-8, numbers that are not whole.
        w.e.hosts.front().detail = "a \"quoted\" \\ back\nslash, \x7f, \xc3\xa9 and \xff";
        w.e.servers.front().cds.rtt = Duration{1234567};
        EXPECT_EQ(text_of(w.e), through_value(w.e));
        EXPECT_EQ(text_of(w.r), through_value(w.r));
        EXPECT_EQ(text_of(w.judge()), through_value(w.judge()));
    }
}
TEST(AcceptJson, RegistryWithEverythingInIt) {
    World w = rollover();
    w.r.last_change = Applied{kNow, Channel::web, kNow};
    w.r.last_csync = CsyncDone{7, "ab", kNow};
    w.r.delay = Delay{"ab", kNow, kNow, 3};
    w.r.glue = {{name("ns.child.example"), {"8.1.1.1"}}};
    w.r.statuses = {"ok"};
    w.r.suspended = true;
    w.r.registrar_offers_disable = OffersDisable::no;
    EXPECT_EQ(registry_from_json(to_json(w.r)), w.r);
}
TEST(AcceptJson, ErrorsSayWhere) {
    auto v = to_json(rollover().e);
    v.at("servers").at(1).at("cds").at("set").at("rdata").at(0) = "1 2 3";
    const auto wrong = evidence_from_json(v);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "evidence.servers[1].cds.set.rdata");
    v = to_json(rollover().e);
    v.at("servers").at(1).at("cds").at("set").at("type") = "NOTYPE";
    ASSERT_FALSE(evidence_from_json(v));
    v = to_json(rollover().e);
    v.at("servers").at(0).at("cds").at("outcome") = "perhaps";
    ASSERT_FALSE(evidence_from_json(v));
}

TEST(Reasons, CodesAreUniqueAndNumbered) {
    std::set<std::string_view> codes;
    for (const auto& kind : reason_kinds()) {
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_TRUE(kind.requirement.starts_with('R')) << kind.code;
    }
    EXPECT_EQ(reason_kind("signer-not-in-ds").requirement, "R22");
    EXPECT_EQ(reason_kind("no such code").code, "internal");
}

TEST(Verifier, RemembersContentsNotTimes) {
    const World w = rollover();
    const auto& a = w.e.servers[0].cds;
    const auto sig = dnssec::parse_rrsig(a.rrsigs[0], kNow).value();
    Verifier v{10};
    EXPECT_EQ(v.check(*a.set, sig, key("ksk1").key(), kNow), dnssec::SigStatus::valid);
    EXPECT_EQ(v.check(*a.set, sig, key("ksk1").key(), kNow), dnssec::SigStatus::valid);
    EXPECT_EQ(v.computed(), 1U);
    EXPECT_EQ(v.check(*a.set, sig, key("ksk1").key(), kNow + 30 * kDay), dnssec::SigStatus::expired);
    EXPECT_EQ(v.check(*a.set, sig, key("ksk1").key(), kNow - kDay), dnssec::SigStatus::not_yet_valid);
    auto other = *a.set;
    other.rdata[0].back() ^= 1;
    EXPECT_EQ(v.check(other, sig, key("ksk1").key(), kNow), dnssec::SigStatus::bad_signature);
    EXPECT_EQ(v.check(*a.set, sig, key("ksk2").key(), kNow), dnssec::SigStatus::no_key);
    EXPECT_EQ(v.computed(), 2U);
    EXPECT_FALSE(v.exhausted());
}
TEST(Verifier, TheLimitHolds) {
    const World w = rollover();
    const auto& a = w.e.servers[0].cds;
    const auto sig = dnssec::parse_rrsig(a.rrsigs[0], kNow).value();
    Verifier v{1};
    auto other = *a.set;
    other.rdata[0].back() ^= 1;
    EXPECT_EQ(v.check(other, sig, key("ksk1").key(), kNow), dnssec::SigStatus::bad_signature);
    EXPECT_EQ(v.check(*a.set, sig, key("ksk1").key(), kNow), dnssec::SigStatus::bad_signature);
    EXPECT_TRUE(v.exhausted());
}
TEST(Verifier, WildcardsAndOtherSignersDoNotCount) {
    const dns::Name child = name("child.example");
    const auto star = rrset(name("*.child.example"), Type::A, {rdata(Type::A, "8.1.1.1")});
    const auto sig = key("zsk").sign(star, kNow - kHour, kNow + kHour);
    auto expanded = star;
    expanded.owner = name("ns.child.example");
    const std::vector keys{key("zsk").key()};
    const auto all = [](std::size_t) { return true; };
    Verifier v{10};
    EXPECT_TRUE(signed_by(v, child, star, {sig}, keys, all, kNow).valid() == false); // "*" is one label less
    EXPECT_FALSE(signed_by(v, child, expanded, {sig}, keys, all, kNow).valid());
    EXPECT_FALSE(signed_by(v, name("example"), star, {sig}, keys, all, kNow).valid());
}

} // namespace
} // namespace tutti::accept
