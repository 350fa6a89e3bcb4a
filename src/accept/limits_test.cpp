// Locks, the log, limits.
#include "accept/test_world.hpp"
#include "accept/verifier.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

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
    EXPECT_EQ(said(w), "reject too-big");
    w = rollover();
    w.e.work_limit = "100 questions";
    EXPECT_EQ(said(w), "reject work-limit");
}
// Other keys with the tag of ksk1: two octets of one column change places in weight.
std::vector<dns::Rdata> of_one_tag(std::size_t count, std::size_t column) {
    std::vector<dns::Rdata> out;
    auto k = key("ksk1").key();
    for (int i = 0; i < 255 && out.size() < count; ++i) {
        k.public_key[column] = static_cast<char>(k.public_key[column] + 1);
        k.public_key[column + 2] = static_cast<char>(k.public_key[column + 2] - 1);
        if (k.tag() == key("ksk1").key().tag()) out.push_back(k.rdata());
    }
    return out;
}
void publish(Testimony& t, const std::vector<dns::Rdata>& more) {
    auto& all = t.dnskey.set->rdata;
    all.insert(all.end(), more.begin(), more.end());
    std::ranges::sort(all);
}
TEST(Accept, R71_KeysOfOneTagAreNotTriedOut) { // CVE-2023-50387
    World w = rollover();
    const auto more = of_one_tag(4, 0); // with ksk1 itself one too many
    ASSERT_EQ(more.size(), 4U);
    w.for_all([&](Testimony& t) { publish(t, more); });
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject same-tag");
    EXPECT_EQ(v.verifications, 0U);
    EXPECT_FALSE(v.reasons.front().servers.empty()); // one server alone is enough
}
TEST(Accept, R71_KeysOfOneTagAddUpOverServers) {
    World w = rollover();
    for (std::size_t i = 0; i < 3; ++i) publish(w.at(i), of_one_tag(3, 8 * i));
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject same-tag");
    EXPECT_EQ(v.verifications, 0U);
}
TEST(Accept, R71_ProofsAndHostsAreLimitedToo) {
    World w = glue_world();
    w.p.max_records = 4;
    EXPECT_EQ(said(w), "accept accept-csync");
    w.at(0).hosts[0].aaaa.denial.resize(5, w.at(0).hosts[0].aaaa.denial.front());
    EXPECT_EQ(said(w), "reject too-many-records");
    w = glue_world();
    w.p.max_records = 4;
    w.at(0).hosts.resize(5, w.at(0).hosts.front());
    EXPECT_EQ(said(w), "reject too-many-servers");
}
TEST(Accept, R71_DifferentKeysAtEachServerAddUp) {
    World w = rollover();
    for (std::size_t i = 0; i < 30; ++i) {
        Testimony t = w.at(0);
        for (std::size_t k = 0; k < 20; ++k) {
            const std::string octets(64, static_cast<char>(i * 20 + k));
            t.dnskey.set->rdata.push_back(dnssec::Dnskey{.public_key = octets + std::to_string(i)}.rdata());
        }
        w.e.servers.push_back(std::move(t));
    }
    const auto v = w.judge();
    EXPECT_EQ(said(v), "reject too-many-records");
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
