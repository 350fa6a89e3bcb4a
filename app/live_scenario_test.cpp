// From what servers show to a scenario: who signs, with which TTLs; and no forecast from guesses.
#include "app/live_scenario.hpp"

#include <gtest/gtest.h>

namespace tutti::app {
namespace {

dnssec::Dnskey key(char octet, std::uint16_t flags) {
    return {.flags = flags, .algorithm = 13, .public_key = std::string(64, octet)};
}

audit::Server server(const std::string& address, const std::string& ns, char ksk, char zsk) {
    audit::Server out{.address = address};
    if (!ns.empty()) out.names = {*dns::Name::parse(ns)};
    out.hidden = ns.empty();
    out.dnskey.keys = {key(ksk, 257), key(zsk, 256)};
    out.dnskey.signed_by = {0};
    out.dnskey.ttl = 300;
    out.data.keys = {key(zsk, 256)};
    out.data.ttl_max = 600;
    out.ns.ttl = 900;
    return out;
}

audit::View view(std::vector<audit::Server> servers) {
    audit::View out{.zone = *dns::Name::parse("example."), .servers = std::move(servers)};
    audit::ParentServer parent;
    parent.ds.ds = {*dnssec::make_ds(out.zone, key('a', 257), 2)};
    parent.ds.ttl = 3600;
    parent.ns.ttl = 7200;
    out.parents = {parent, parent};
    return out;
}

TEST(LiveScenario, ServersAreGroupedByTheKeysThatSignTheirDnskeyRrset) {
    const auto s = live_scenario(
        view({server("192.0.2.1", "ns1.blue.test.", 'a', 'b'), server("192.0.2.2", "ns2.blue.test.", 'a', 'b'),
              server("192.0.2.3", "ns1.green.test.", 'c', 'd')}),
        {.signers = {"green.test"}});
    ASSERT_TRUE(s) << s.error().text();
    ASSERT_EQ(s->signers.size(), 2U);
    EXPECT_EQ(s->signers[0].name, "blue.test");
    EXPECT_EQ(s->signers[0].server_lag.size(), 2U);
    EXPECT_EQ(s->signers[0].ns, (std::vector<std::string>{"ns1.blue.test.", "ns2.blue.test."}));
    EXPECT_EQ(s->initial, (std::vector<int>{0, 1}));
    EXPECT_EQ(s->intent, (std::vector<int>{1}));
    EXPECT_EQ(s->parent.ds_ttl, 3600U);
    EXPECT_EQ(s->parent.server_lag.size(), 2U);
}

TEST(LiveScenario, TtlsAndKindsOfKeysAreTheOnesSeen) {
    auto one = server("192.0.2.1", "ns1.blue.test.", 'a', 'b');
    auto two = one;
    two.address = "192.0.2.2";
    two.dnskey.ttl = 310; // the larger one counts
    const auto s = live_scenario(view({one, two}), {.signers = {"blue.test"}});
    ASSERT_TRUE(s) << s.error().text();
    EXPECT_EQ(s->signers[0].dnskey_ttl, 310U);
    EXPECT_EQ(s->signers[0].ns_ttl, 900U);
    EXPECT_EQ(s->signers[0].data_max, 900U) << "NS is data, too";
    EXPECT_FALSE(s->signers[0].csk);

    auto csk = one;
    csk.data.keys = {csk.dnskey.keys[0]};
    EXPECT_TRUE(live_scenario(view({csk}), {.signers = {"x"}})->signers[0].csk);
    EXPECT_EQ(live_scenario(view({one}), {.signers = {"x"}, .data_ttl = 5000})->signers[0].data_max, 5000U);
}

TEST(LiveScenario, ANameThatIsNotThereIsASignerToCome) {
    const auto s = live_scenario(view({server("192.0.2.1", "ns1.blue.test.", 'a', 'b')}), {.signers = {"new"}});
    ASSERT_TRUE(s) << s.error().text();
    ASSERT_EQ(s->signers.size(), 2U);
    EXPECT_EQ(s->signers[1].name, "new");
    EXPECT_EQ(s->signers[1].dnskey_ttl, 300U);
    EXPECT_EQ(s->initial, (std::vector<int>{0}));
    EXPECT_EQ(s->intent, (std::vector<int>{1}));
}

TEST(LiveScenario, WhoIsNotNamedInNsIsThereToJoin) {
    auto hidden = server("192.0.2.9", "", 'c', 'd');
    hidden.signer = "green";
    const auto s =
        live_scenario(view({server("192.0.2.1", "ns1.blue.test.", 'a', 'b'), hidden}), {.signers = {"green"}});
    ASSERT_TRUE(s) << s.error().text();
    EXPECT_EQ(s->initial, (std::vector<int>{0}));
    EXPECT_EQ(s->intent, (std::vector<int>{1}));
}

TEST(LiveScenario, NothingIsForecastFromWhatIsNotKnown) {
    const auto good = server("192.0.2.1", "ns1.blue.test.", 'a', 'b');
    auto silent = good;
    silent.dnskey.problem = "no reply";
    EXPECT_FALSE(live_scenario(view({good, silent}), {.signers = {"x"}}));
    auto unsigned_one = good;
    unsigned_one.dnskey.signed_by.clear();
    EXPECT_FALSE(live_scenario(view({unsigned_one}), {.signers = {"x"}}));
    auto no_ds = view({good});
    no_ds.parents[1].ds.ds.clear();
    EXPECT_FALSE(live_scenario(no_ds, {.signers = {"x"}}));
    const auto nobody = live_scenario(view({good}), {});
    ASSERT_FALSE(nobody);
    EXPECT_NE(nobody.error().text().find("blue.test"), std::string::npos) << nobody.error().text();
}

} // namespace
} // namespace tutti::app
