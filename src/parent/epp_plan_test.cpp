#include "parent/epp_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::parent {
namespace {

using dnssec::Dnskey;
using dnssec::Ds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

dns::Name name(const char* text) {
    return dns::Name::parse(text).value();
}
const dns::Name kChild = name("child.lab");
Dnskey key(char c) {
    return {257, 3, 13, std::string(64, c)};
}
Ds ds(char c, std::uint8_t digest = 2) {
    return make_ds(kChild, key(c), digest).value();
}
std::string text(const EppSteps& steps) {
    std::string out;
    for (const auto& c : steps.before) out += compose(c, "ABC").value();
    if (steps.main) out += compose(*steps.main, "ABC").value();
    for (const auto& c : steps.after) out += compose(c, "ABC").value();
    return out;
}

class EppPlan : public ::testing::Test {
  protected:
    EppPlan() {
        look.domain.ns = {{name("ns1.child.lab")}, {name("ns.example")}};
        look.hosts = {{.name = name("ns1.child.lab"), .addresses = {"192.0.2.1"}}};
        look.domain.sec_dns.ds = {{ds('a')}};
    }
    EppSteps steps(accept::Change c) {
        const port::RegistryChange change{.child = kChild, .change = std::move(c), .expected = {}, .keys = keys};
        look.registry = registry_of(look, mentioned_in(change));
        auto out = plan(look, change, traits);
        if (!out) throw std::runtime_error(out.error().text());
        return *std::move(out);
    }
    EppLook look{.domain = {.name = kChild}};
    EppTraits traits;
    std::vector<Dnskey> keys;
};

TEST_F(EppPlan, OnlyWhatIsMissing) {
    EXPECT_TRUE(steps({.ds_add = {ds('a')}, .ds_remove = {ds('b')}}).none());
    const auto s = steps({.ds_add = {ds('a'), ds('b')}, .ds_remove = {ds('c')}});
    EXPECT_THAT(s.before, IsEmpty());
    EXPECT_THAT(text(s), HasSubstr("<secDNS:add><secDNS:dsData>"));
    EXPECT_THAT(text(s), Not(HasSubstr("<secDNS:rem>")));
    EXPECT_THAT(text(s), HasSubstr(std::to_string(ds('b').tag)));
}

TEST_F(EppPlan, TheLastOneGoesByRemoveAll) {
    EXPECT_THAT(text(steps({.ds_remove = {ds('a')}})), HasSubstr("<secDNS:rem><secDNS:all>true</secDNS:all>"));
    EXPECT_THAT(text(steps({.ds_add = {ds('b')}, .ds_remove = {ds('a')}})), Not(HasSubstr("secDNS:all")));
}

TEST_F(EppPlan, HostsComeFirstAndGoLast) {
    const auto s = steps({.ns_add = {name("ns2.child.lab")},
                          .ns_remove = {name("ns1.child.lab")},
                          .glue_add = {{name("ns2.child.lab"), {"192.0.2.2"}}},
                          .glue_remove = {{name("ns1.child.lab"), {"192.0.2.1"}}}});
    ASSERT_THAT(s.before, SizeIs(1));
    EXPECT_EQ(s.before[0].verb.name, "create");
    ASSERT_THAT(s.after, SizeIs(1));
    EXPECT_EQ(s.after[0].verb.name, "delete");
    EXPECT_THAT(text(s), HasSubstr("<domain:add><domain:ns><domain:hostObj>ns2.child.lab</domain:hostObj>"));
}

TEST_F(EppPlan, AHostThatMoves) {
    const auto s = steps({.glue_add = {{name("ns1.child.lab"), {"192.0.2.2"}}},
                          .glue_remove = {{name("ns1.child.lab"), {"192.0.2.1"}}}});
    ASSERT_THAT(s.before, SizeIs(1));
    EXPECT_FALSE(s.main.has_value());
    EXPECT_THAT(s.after, IsEmpty());
    EXPECT_THAT(text(s), HasSubstr("<host:add><host:addr ip=\"v4\">192.0.2.2</host:addr></host:add><host:rem>"));
}

TEST_F(EppPlan, AttributesAreReplacedWhole) {
    traits.host_objects = false;
    look.domain.host_attributes = true;
    look.hosts.clear();
    look.domain.ns = {{name("ns1.child.lab"), {"192.0.2.1", "192.0.2.3"}}, {name("ns.example")}};
    const auto s = steps({.glue_add = {{name("ns1.child.lab"), {"192.0.2.2"}}},
                          .glue_remove = {{name("ns1.child.lab"), {"192.0.2.1"}}}});
    EXPECT_THAT(s.before, IsEmpty());
    EXPECT_THAT(text(s), HasSubstr("<domain:hostAddr ip=\"v4\">192.0.2.2</domain:hostAddr><domain:hostAddr "
                                   "ip=\"v4\">192.0.2.3</domain:hostAddr>"));
    EXPECT_THAT(text(s), Not(HasSubstr("ns.example")));
}

TEST_F(EppPlan, Keys) {
    traits.keys = true;
    look.domain.sec_dns = {.keys = {key('a')}};
    EXPECT_THAT(ds_of_keys(kChild, look.domain.sec_dns.keys, std::vector{ds('a', 4), ds('b')}),
                ElementsAre(ds('a', 4)));
    EXPECT_THAT(ds_of_keys(kChild, look.domain.sec_dns.keys, {}), ElementsAre(ds('a')));
    EXPECT_TRUE(steps({.ds_add = {ds('a', 4)}}).none()) << "the registry makes the digests";
    EXPECT_THROW(steps({.ds_add = {ds('b')}}), std::runtime_error) << "the key is not known";
    keys = {key('b')};
    const auto s = text(steps({.ds_add = {ds('b')}, .ds_remove = {ds('a')}}));
    EXPECT_THAT(s, HasSubstr("<secDNS:rem><secDNS:keyData>"));
    EXPECT_THAT(s, HasSubstr("<secDNS:add><secDNS:keyData>"));
    EXPECT_THAT(s, Not(HasSubstr("dsData")));
}

TEST_F(EppPlan, TtlAndOptionsWhereTheyAreSpoken) {
    EXPECT_TRUE(steps({.ds_ttl = 300}).none()) << "no ttl-1.0";
    traits.ttl = true;
    EXPECT_THAT(text(steps({.ds_ttl = 300})), HasSubstr("<ttl:ttl for=\"DS\">300</ttl:ttl>"));
    look.domain.ttls["DS"] = 300;
    EXPECT_TRUE(steps({.ds_ttl = 300}).none());
    EXPECT_TRUE(steps({.ds_remove = {ds('a')}, .ds_ttl = 900}).main.has_value());
    EXPECT_THAT(text(steps({.ds_remove = {ds('a')}, .ds_ttl = 900})), Not(HasSubstr("ttl:"))) << "no DS, no TTL";
    traits.urgent = true;
    traits.max_sig_life = 86400;
    EXPECT_THAT(text(steps({.ds_add = {ds('b')}})), HasSubstr("urgent=\"true\""));
    EXPECT_THAT(text(steps({.ds_add = {ds('b')}})), HasSubstr("<secDNS:maxSigLife>86400"));
}

} // namespace
} // namespace tutti::parent
