// What every signer driver must do, on servers that are set up well.
#include "test/contract/signer_fixture.hpp"

#include <algorithm>

namespace tutti::contract {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class SignerContract : public SignerTest {
  protected:
    bool csk() const { return GetParam() == Brand::knot_csk; }
};

TEST_P(SignerContract, IsSeenInFull) {
    const auto report = look();
    EXPECT_EQ(report.problem, "");
    ASSERT_THAT(report.dnskey, SizeIs(1));
    const auto& dnskey = report.dnskey[0];
    EXPECT_EQ(dnskey.problem, "");
    EXPECT_EQ(dnskey.signature_problem, "");
    EXPECT_THAT(dnskey.keys, SizeIs(csk() ? 1 : 2));
    EXPECT_THAT(dnskey.signed_by, SizeIs(1));
    EXPECT_EQ(dnskey.ttl, kDnskeyTtl);
    const auto& data = report.data[0];
    EXPECT_EQ(data.problem, "");
    EXPECT_TRUE(data.is_signed);
    EXPECT_TRUE(data.complete);
    EXPECT_EQ(data.ttl_max, kDataTtl);
    EXPECT_THAT(data.unmatched, IsEmpty());
    EXPECT_THAT(data.keys, Not(IsEmpty()));
    EXPECT_EQ(report.ns_child[0].problem, "");
    EXPECT_THAT(report.ns_child[0].names, UnorderedElementsAre(zone.child("ns1").value()));
    EXPECT_EQ(report.ns_child[0].ttl, kNsTtl);
    EXPECT_EQ(report.cds[0].problem, "");
    EXPECT_EQ(report.csync[0].problem, "");
    EXPECT_FALSE(report.csync[0].present);
}

TEST_P(SignerContract, ForeignKeysComeAndGo) {
    const auto own = served(Type::DNSKEY).rdata;
    ASSERT_OK(apply({change(Type::DNSKEY, {dnskey(kForeignZsk), dnskey(kForeignKsk)}, {})}));
    auto expected = own;
    expected.insert(expected.end(), {dnskey(kForeignZsk), dnskey(kForeignKsk)});
    EXPECT_THAT(served(Type::DNSKEY).rdata, ::testing::UnorderedElementsAreArray(expected));
    EXPECT_EQ(served(Type::DNSKEY).ttl, kDnskeyTtl);
    const auto report = look();
    EXPECT_EQ(report.dnskey[0].problem, "");
    EXPECT_THAT(report.dnskey[0].signed_by, SizeIs(1)) << report.dnskey[0].signature_problem;
    EXPECT_EQ(report.can.foreign_dnskey.can, model::Can::yes) << report.can.foreign_dnskey.why;

    ASSERT_OK(apply({change(Type::DNSKEY, {dnskey(kForeignZsk2)}, {dnskey(kForeignZsk)})}));
    EXPECT_THAT(served(Type::DNSKEY).rdata, Contains(dnskey(kForeignZsk2)));
    EXPECT_THAT(served(Type::DNSKEY).rdata, Not(Contains(dnskey(kForeignZsk))));
    ASSERT_OK(apply({change(Type::DNSKEY, {}, {dnskey(kForeignZsk2), dnskey(kForeignKsk)})}));
    EXPECT_EQ(served(Type::DNSKEY).rdata, own);
    EXPECT_THAT(look().dnskey[0].signed_by, SizeIs(1));
}

TEST_P(SignerContract, CdsOfEverybody) {
    std::vector<Rdata> cds{cds_of(kForeignKsk)}, keys{cdnskey(kForeignKsk)};
    for (const auto& own : look().dnskey[0].keys)
        if (own.sep()) {
            cds.push_back(dnssec::make_ds(zone, own, 2).value().rdata());
            keys.push_back(own.rdata());
        }
    ASSERT_THAT(cds, SizeIs(2));
    // A CDS for a key that is not in the DNSKEY RRset is nothing that a parent would take (RFC 7344 4.1).
    ASSERT_OK(apply({change(Type::DNSKEY, {dnskey(kForeignKsk)}, {}), change(Type::CDS, cds, {}),
                     change(Type::CDNSKEY, keys, {})}));
    EXPECT_THAT(served(Type::CDS).rdata, IsSupersetOf(cds));
    EXPECT_THAT(served(Type::CDNSKEY).rdata, IsSupersetOf(keys));
    EXPECT_GT(served(Type::CDS).ttl, 0U);
    const auto report = look();
    EXPECT_EQ(report.cds[0].problem, "");
    EXPECT_EQ(report.data[0].problem, "") << "the signatures over CDS are verified, too";
    ASSERT_OK(apply({change(Type::CDS, {}, {cds_of(kForeignKsk)}), change(Type::CDNSKEY, {}, {cdnskey(kForeignKsk)}),
                     change(Type::DNSKEY, {}, {dnskey(kForeignKsk)})}));
    EXPECT_THAT(served(Type::CDS).rdata, Not(Contains(cds_of(kForeignKsk))));
    EXPECT_THAT(served(Type::CDNSKEY).rdata, Not(Contains(cdnskey(kForeignKsk))));
}

TEST_P(SignerContract, CsyncComesAndGoes) {
    const auto csync = dns::csync_rdata({.serial = 0, .immediate = true, .types = {Type::NS}});
    ASSERT_OK(apply({change(Type::CSYNC, {csync}, {})}));
    const auto report = look();
    EXPECT_EQ(report.csync[0].problem, "");
    EXPECT_TRUE(report.csync[0].immediate_ns);
    ASSERT_OK(apply({change(Type::CSYNC, {}, {csync})}));
    EXPECT_FALSE(look().csync[0].present);
}

TEST_P(SignerContract, NsRecordsAreReplacedOneByOne) {
    ASSERT_OK(apply({change(Type::NS, {ns("ns2"), ns("ns3")}, {}, 7)}));
    EXPECT_THAT(served(Type::NS).rdata, SizeIs(3));
    EXPECT_EQ(served(Type::NS).ttl, kNsTtl) << "an RRset has one TTL: what is served stays";
    ASSERT_OK(apply({change(Type::NS, {}, {first_ns()})}));
    EXPECT_THAT(served(Type::NS).rdata, UnorderedElementsAre(ns("ns2"), ns("ns3")));
    ASSERT_OK(apply({change(Type::NS, {ns("ns4")}, {ns("ns2"), ns("ns3")})}));
    EXPECT_THAT(served(Type::NS).rdata, UnorderedElementsAre(ns("ns4"))) << "all of them replaced";
    EXPECT_EQ(look().ns_child[0].ttl, kNsTtl);
}

TEST_P(SignerContract, DoingItAgainIsFine) {
    const auto first = change(Type::NS, {ns("ns2")}, {});
    ASSERT_OK(apply({first}));
    EXPECT_OK(apply({first})); // after a lost reply: what was expected is no longer there, but all is as asked
    ASSERT_OK(apply({change(Type::NS, {ns("ns2")}, {ns("ns9")})}));
    EXPECT_THAT(served(Type::NS).rdata, SizeIs(2));
}

TEST_P(SignerContract, SomebodyElseWasFaster) {
    const auto late = change(Type::NS, {ns("ns3")}, {first_ns()});
    ASSERT_OK(apply({change(Type::NS, {ns("ns2")}, {})}));
    const auto before = served(Type::NS);
    const auto result =
        apply({late, change(Type::CSYNC, {dns::csync_rdata({.immediate = true, .types = {Type::NS}})}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::conflict) << result.error().text();
    EXPECT_THAT(result.error().seen, HasSubstr("changed since"));
    EXPECT_EQ(served(Type::NS), before) << "nothing is done by halves";
    EXPECT_THAT(served(Type::CSYNC).rdata, IsEmpty());
}

TEST_P(SignerContract, ProbeFindsNothingWrong) {
    const auto serial = served(Type::SOA).rdata;
    const auto report = driver->probe(zone);
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_TRUE(report->usable());
    EXPECT_THAT(report->software,
                ::testing::AnyOf(HasSubstr("BIND 9"), HasSubstr("Knot DNS "), HasSubstr("PowerDNS ")));
    for (const auto& check : report->checks)
        EXPECT_NE(check.verdict, port::Check::Verdict::failed) << check.what << ": " << check.seen;
    EXPECT_EQ(served(Type::SOA).rdata, serial) << "a probe changes nothing";
    EXPECT_THAT(report->checks, Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Real, SignerContract,
                         ::testing::Values(Brand::bind, Brand::knot, Brand::knot_csk, Brand::powerdns,
                                           Brand::powerdns_ddns),
                         brand_name);

} // namespace
} // namespace tutti::contract
