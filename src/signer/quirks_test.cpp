#include "signer/quirks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::signer {
namespace {

using dns::Type;
using ::testing::HasSubstr;
using ::testing::Not;

const dns::Name kZone = dns::Name::parse("example.").value();
const dns::Rdata kKey =
    dns::parse_rdata(Type::DNSKEY, "256 3 13 eW6rvQkoGG9vJiKT+HX41BOSTmqE5BrZsMYis04BxQKg5Q6BDvJCv78o1iZYP0dlx6sp7T+q"
                                   "A/hMCRY90EQXMw==")
        .value();
const dns::Rdata kNs = dns::ns_rdata(dns::Name::parse("ns2.example.").value());

model::RrChange change(Type type, std::vector<dns::Rdata> add, std::vector<dns::Rdata> remove) {
    return {kZone, type, 60, std::move(add), std::move(remove), {}, true};
}
dns::RrSet served(Type type, std::vector<dns::Rdata> rdata) {
    return {kZone, type, 60, std::move(rdata)};
}

TEST(Quirks, SoftwareByItsVersion) {
    EXPECT_EQ(software_of_version("\"9.18.49-1~deb12u1-Debian\""), Software::unknown)
        << "as text with quotes: see below";
    EXPECT_EQ(software_of_version("9.18.49-1~deb12u1-Debian"), Software::bind);
    EXPECT_EQ(software_of_version("Knot DNS 3.2.6"), Software::knot);
    EXPECT_EQ(software_of_version("PowerDNS Authoritative Server 4.7.3 (built ...)"), Software::powerdns);
    EXPECT_EQ(software_of_version("NSD 4.6.1"), Software::unknown);
    EXPECT_EQ(software_of_version(""), Software::unknown);
    EXPECT_EQ(software_named("knot"), Software::knot);
    EXPECT_EQ(software_named("other"), Software::unknown);
}

TEST(Quirks, EachBrandHasARow) {
    for (auto software : {Software::unknown, Software::bind, Software::knot, Software::powerdns})
        EXPECT_EQ(quirks_of(software).software, software);
}

TEST(Quirks, TheConfigurationGoesFirst) {
    port::QuirkOverrides overrides;
    overrides.foreign_sep = false;
    overrides.publishes_own_cds = false;
    overrides.dnskey_ttl_fixed = 3600;
    const auto can = capabilities(quirks_of(Software::bind), overrides);
    EXPECT_EQ(can.foreign_dnskey.can, model::Can::yes);
    EXPECT_EQ(can.foreign_sep.can, model::Can::no);
    EXPECT_THAT(can.foreign_sep.why, HasSubstr("configuration"));
    EXPECT_FALSE(can.publishes_own_cds);
    EXPECT_EQ(can.dnskey_ttl_fixed, 3600U);
    EXPECT_TRUE(capabilities(quirks_of(Software::knot), {}).publishes_own_cds);
}

TEST(Quirks, WhatIsThereNeedsNoWords) {
    EXPECT_TRUE(
        explain_unseen(quirks_of(Software::knot), change(Type::NS, {kNs}, {}), served(Type::NS, {kNs}), "a").empty());
    EXPECT_TRUE(
        explain_unseen(quirks_of(Software::knot), change(Type::NS, {}, {kNs}), served(Type::NS, {}), "a").empty());
}

TEST(Quirks, KnotDropsForeignKeys) {
    const auto unseen = explain_unseen(quirks_of(Software::knot), change(Type::DNSKEY, {kKey}, {}),
                                       served(Type::DNSKEY, {}), "192.0.2.1");
    EXPECT_EQ(unseen.text, "Knot reported success, but 192.0.2.1 does not serve DNSKEY 27410 (256, ECDSAP256SHA256): "
                           "dnskey-management is probably 'full', which drops DNSKEY records that are not Knot's own");
    EXPECT_THAT(unseen.remedy, HasSubstr("incremental"));
    EXPECT_TRUE(unseen.nothing_done);
}

TEST(Quirks, HalfDoneIsNotNothing) {
    const auto other = dns::ns_rdata(dns::Name::parse("ns3.example.").value());
    const auto unseen = explain_unseen(quirks_of(Software::bind), change(Type::NS, {kNs}, {other}),
                                       served(Type::NS, {kNs, other}), "192.0.2.1");
    EXPECT_THAT(unseen.text, HasSubstr("still serves NS ns3.example."));
    EXPECT_THAT(unseen.text, Not(HasSubstr("ns2")));
    EXPECT_FALSE(unseen.nothing_done);
}

} // namespace
} // namespace tutti::signer
