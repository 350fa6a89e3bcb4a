#include "parent/delegation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::parent {
namespace {

using accept::Change;
using dnssec::Ds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

dns::Name name(const char* text) {
    return dns::Name::parse(text).value();
}
Ds ds(std::uint16_t tag) {
    return {tag, 13, 2, std::string(32, static_cast<char>(tag))};
}
const dns::Name kChild = name("child.lab"), kNs1 = name("ns1.child.lab"), kNs2 = name("ns2.example");

accept::Registry now() {
    return {.ns = {kNs1, kNs2}, .glue = {{kNs1, {"192.0.2.1"}}}, .ds = {ds(1)}, .ds_ttl = 3600};
}

TEST(Delegation, After) {
    const auto out = after(now(), {.ds_add = {ds(2)}, .ds_remove = {ds(1), ds(9)}, .ns_remove = {kNs1}, .ds_ttl = 300});
    EXPECT_THAT(out.ds, ElementsAre(ds(2)));
    EXPECT_THAT(out.ns, ElementsAre(kNs2));
    EXPECT_TRUE(out.glue.empty()) << "glue of a host that is no name server any more";
    EXPECT_EQ(out.ds_ttl, 300U);
}

TEST(Delegation, Reached) {
    EXPECT_TRUE(reached(now(), {.ds_add = {ds(1)}, .ds_remove = {ds(2)}}, true));
    EXPECT_FALSE(reached(now(), {.ds_add = {ds(1), ds(2)}}, true));
    EXPECT_FALSE(reached(now(), {.ds_remove = {ds(1)}}, true));
    EXPECT_FALSE(reached(now(), {.ds_ttl = 300}, true));
    EXPECT_TRUE(reached(now(), {.ds_ttl = 300}, false));
    EXPECT_FALSE(reached(now(), {.glue_add = {{kNs1, {"192.0.2.9"}}}}, true));
    EXPECT_TRUE(reached(now(), {.glue_remove = {{name("ns3.child.lab"), {"192.0.2.9"}}}}, true));
}

TEST(Delegation, ExpectedOrConflict) {
    port::RegistryChange change{.child = kChild, .change = {.ds_add = {ds(2)}}, .expected = {}};
    EXPECT_TRUE(check_expected(now(), change).has_value()) << "nothing is expected";
    change.expected = {.ds = std::vector{ds(1)}, .ns = std::vector{kNs2, kNs1}};
    EXPECT_TRUE(check_expected(now(), change).has_value()) << "in any order";
    change.expected.ds = std::vector<Ds>{};
    const auto result = check_expected(now(), change);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::conflict);
    EXPECT_THAT(result.error().text(), HasSubstr("none then, 1/13/2 now"));
    change.expected = {.ns = std::vector{kNs1}};
    EXPECT_FALSE(check_expected(now(), change).has_value());
}

TEST(Delegation, GlueAsExpectedOrAsWanted) {
    port::RegistryChange change{.child = kChild,
                                .change = {.glue_add = {{kNs1, {"192.0.2.2"}}}, .glue_remove = {{kNs1, {"192.0.2.1"}}}},
                                .expected = {.glue = std::vector<accept::Glue>{{kNs1, {"192.0.2.1"}}}}};
    EXPECT_TRUE(check_expected(now(), change).has_value());
    auto halfway = now();
    halfway.glue[0].addresses = {"192.0.2.2"};
    EXPECT_TRUE(check_expected(halfway, change).has_value()) << "we were there before";
    halfway.glue[0].addresses = {"192.0.2.3"};
    EXPECT_FALSE(check_expected(halfway, change).has_value());
}

TEST(Delegation, AsRecordsAndBack) {
    const Change change{.ds_add = {ds(2)},
                        .ds_remove = {ds(1)},
                        .ns_add = {name("ns3.child.lab")},
                        .glue_add = {{name("ns3.child.lab"), {"192.0.2.3", "2001:db8::3"}}}};
    const auto records = to_records(kChild, change, now(), 3600);
    const auto back = from_records(kChild, records).value();
    EXPECT_EQ(back.change, change);
    EXPECT_EQ(back.expected.ds, now().ds);
    EXPECT_EQ(back.expected.ns, now().ns);
    EXPECT_FALSE(from_records(kChild, std::vector<model::RrChange>{{kChild, dns::Type::MX, 1, {""}, {}, {}, true}}));
    EXPECT_FALSE(from_records(kChild, std::vector<model::RrChange>{{kChild, dns::Type::DS, 1, {"x"}, {}, {}, true}}));
    EXPECT_EQ(in_words(change), "DS 2/13/2 added; DS 1/13/2 removed; NS ns3.child.lab. added; glue ns3.child.lab. "
                                "192.0.2.3 2001:db8::3 added");
}

} // namespace
} // namespace tutti::parent
