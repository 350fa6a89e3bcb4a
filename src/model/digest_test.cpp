#include "model/digest.hpp"

#include "dnssec/signer_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::model {
namespace {

using dns::Name;
using dns::Rcode;
using dns::Record;
using dns::Type;
using dnssec::testing::TestSigner;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

Name name(std::string_view text) {
    return Name::parse(text).value();
}
Record record(std::string_view owner, Type type, dns::Ttl ttl, std::string_view text) {
    return {name(owner), type, ttl, dns::parse_rdata(type, text).value()};
}

const Name kZone = name("example.");
const Instant kNow = parse_rfc3339("2026-11-24T12:00:00Z").value();
constexpr const char* kSoa = "ns1.example. admin.example. 7 3600 900 604800 30";

// The world as one address sees it: a question, and what comes back.
class Address {
  public:
    TestSigner ksk{kZone, 13, 257}, zsk{kZone, 13, 256};
    Instant inception = kNow - hours(1), expiration = kNow + hours(24);

    Heard hear(std::string_view owner, Type type, dns::Message message = {}) const {
        message.response = true;
        message.question = dns::Question{name(owner), type};
        return {"192.0.2.1", *message.question, kNow - std::chrono::milliseconds(5), kNow, std::move(message)};
    }
    // Authoritative data, signed by `signer` if there is one.
    Heard data(const std::vector<Record>& records, const TestSigner* signer) const {
        dns::Message m;
        m.authoritative = true;
        add(m.answer, records, signer);
        return hear(records[0].owner.text(), records[0].type, std::move(m));
    }
    Heard denial(std::string_view owner, Type type, const TestSigner* signer,
                 std::string_view soa_owner = "example.") const {
        dns::Message m;
        m.authoritative = true;
        add(m.authority, {record(soa_owner, Type::SOA, 60, kSoa)}, signer);
        if (signer != nullptr) add(m.authority, {record("example.", Type::NSEC, 30, "ns1.example. NS SOA")}, signer);
        return hear(owner, type, std::move(m));
    }
    Heard dnskey() const { return data({key(ksk), key(zsk)}, &ksk); }
    Heard soa() const { return data({record("example.", Type::SOA, 60, kSoa)}, &zsk); }
    Heard ns() const { return data({record("example.", Type::NS, 40, "ns1.example.")}, &zsk); }

    static Record key(const TestSigner& signer) { return {kZone, Type::DNSKEY, 20, signer.key().rdata()}; }

    void add(std::vector<Record>& section, const std::vector<Record>& records, const TestSigner* signer) const {
        section.insert(section.end(), records.begin(), records.end());
        if (signer == nullptr) return;
        const auto set = dns::find_rrset(records, records[0].owner, records[0].type).value();
        section.push_back({set.owner, Type::RRSIG, set.ttl, signer->sign(set, inception, expiration)});
    }
};

SeenData digest(const Address& a, const std::vector<Heard>& samples) {
    std::vector<const Heard*> all;
    for (const auto& s : samples) all.push_back(&s);
    return digest_data(kZone, all, digest_dnskey(kZone, a.dnskey()));
}

// ---- DNSKEY ----

TEST(Digest, DnskeysAndWhoSignsThem) {
    const Address a;
    const auto seen = digest_dnskey(kZone, a.dnskey());
    EXPECT_EQ(seen.problem, "");
    EXPECT_EQ(seen.address, "192.0.2.1");
    EXPECT_THAT(seen.keys, SizeIs(2));
    ASSERT_THAT(seen.signed_by, SizeIs(1));
    EXPECT_EQ(seen.keys[seen.signed_by[0]], a.ksk.key());
    EXPECT_EQ(seen.signature_problem, "");
    EXPECT_EQ(seen.ttl, 20U);
    EXPECT_LT(seen.asked, seen.answered);
}

TEST(Digest, WhenSignaturesEnd) {
    Address a;
    a.inception = kNow - hours(50);
    a.expiration = kNow + hours(50);
    const auto keys = digest_dnskey(kZone, a.dnskey());
    EXPECT_EQ(keys.expires, kNow + hours(50));
    EXPECT_EQ(keys.renew_by, kNow + hours(40));
    a.expiration = kNow + hours(10);
    const auto soa = a.soa();
    a.expiration = kNow + hours(30);
    const auto ns = a.ns();
    const Heard* samples[] = {&ns, &soa};
    EXPECT_EQ(digest_data(kZone, samples, keys).expires, kNow + hours(10)); // of the first that ends
    a.expiration = kNow - hours(1);
    EXPECT_EQ(digest_dnskey(kZone, a.dnskey()).expires, kNever); // none is valid
}

TEST(Digest, SignaturesOutOfTheirTimePointToTheClock) {
    Address a;
    a.inception = kNow + hours(1);
    auto seen = digest_dnskey(kZone, a.dnskey());
    EXPECT_THAT(seen.signed_by, IsEmpty());
    EXPECT_THAT(seen.signature_problem, HasSubstr("is not yet valid"));
    EXPECT_THAT(seen.signature_problem, HasSubstr("2026-11-24T13:00:00"));
    EXPECT_THAT(seen.signature_problem, HasSubstr("2026-11-24T12:00:00"));
    EXPECT_THAT(seen.signature_problem, HasSubstr("clock"));
    a.inception = kNow - hours(48);
    a.expiration = kNow - hours(2);
    seen = digest_dnskey(kZone, a.dnskey());
    EXPECT_THAT(seen.signature_problem, HasSubstr("has expired"));
}

TEST(Digest, DnskeyWithoutSignatureOrWithASignatureOfSomebodyElse) {
    const Address a;
    auto seen = digest_dnskey(kZone, a.data({Address::key(a.ksk)}, nullptr));
    EXPECT_THAT(seen.signed_by, IsEmpty());
    EXPECT_THAT(seen.signature_problem, HasSubstr("no RRSIG"));
    const TestSigner other{kZone, 13, 257};
    seen = digest_dnskey(kZone, a.data({Address::key(a.ksk)}, &other));
    EXPECT_THAT(seen.signed_by, IsEmpty());
    EXPECT_NE(seen.signature_problem, "");
}

TEST(Digest, NoDnskeyIsAFactWhenItIsProven) {
    const Address a;
    const auto seen = digest_dnskey(kZone, a.denial("example.", Type::DNSKEY, nullptr));
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.keys, IsEmpty());
    EXPECT_EQ(seen.ttl, 30U) << "negative TTL: min(SOA TTL, minimum)";
}

// ---- what is no answer ----

struct NoAnswer {
    const char* what;
    dns::Message message;
    const char* says;
};

TEST(Digest, WhatIsNoAnswerSaysWhyAndWhere) {
    dns::Message refused{.authoritative = false, .rcode = Rcode::refused}, servfail{.rcode = Rcode::servfail},
        nxdomain{.authoritative = true, .rcode = Rcode::nxdomain}, lame, empty{.authoritative = true},
        above{.authoritative = true}, cut{.authoritative = true, .truncated = true}, notauth{.rcode = Rcode::notauth};
    servfail.edns = dns::Edns{.ede = 14, .ede_text = "not ready"};
    lame.authority.push_back(record(".", Type::NS, 60, "a.root."));
    above.authority.push_back(record(".", Type::SOA, 60, kSoa));
    const NoAnswer cases[] = {{"refused", refused, "REFUSED"},
                              {"servfail", servfail, "EDE 14: not ready"},
                              {"nxdomain", nxdomain, "knows no example."},
                              {"lame", lame, "is lame"},
                              {"empty", empty, "RFC 2308"},
                              {"from the zone above", above, "from the zone ."},
                              {"truncated", cut, "cuts its answer"},
                              {"notauth", notauth, "not authoritative"}};
    const Address a;
    for (const auto& c : cases) {
        SCOPED_TRACE(c.what);
        const auto heard = a.hear("example.", Type::DNSKEY, c.message);
        EXPECT_THAT(digest_dnskey(kZone, heard).problem, HasSubstr(c.says));
        EXPECT_THAT(digest_dnskey(kZone, heard).problem, HasSubstr("192.0.2.1"));
        EXPECT_NE(digest_ns(kZone, a.hear("example.", Type::NS, c.message)).problem, "");
        EXPECT_NE(digest_csync(kZone, a.hear("example.", Type::CSYNC, c.message)).problem, "");
        EXPECT_NE(
            digest_cds(kZone, a.denial("example.", Type::CDS, nullptr), a.hear("example.", Type::CDNSKEY, c.message))
                .problem,
            "");
        const auto soa = a.hear("example.", Type::SOA, c.message);
        EXPECT_EQ(serial_of(kZone, soa), std::nullopt);
        EXPECT_NE(digest(a, {a.ns(), soa}).problem, "");
    }
}

TEST(Digest, SilenceAndAnswersToOtherQuestions) {
    const Address a;
    auto heard = a.dnskey();
    heard.question.type = Type::NS;
    EXPECT_THAT(digest_ns(kZone, heard).problem, HasSubstr("other than example. NS"));
    heard.message = fail(ErrorKind::unreachable, "no answer within 3 s");
    EXPECT_EQ(digest_ns(kZone, heard).problem, "192.0.2.1: no answer within 3 s");
    heard.message = fail(ErrorKind::unreachable, "no answer within 3 s", "192.0.2.1:53");
    EXPECT_EQ(digest_ns(kZone, heard).problem, "192.0.2.1:53: no answer within 3 s");
}

// ---- data ----

TEST(Digest, WhoSignsTheData) {
    const Address a;
    auto nxdomain = a.denial("nosuch.example.", Type::A, &a.zsk);
    nxdomain.message->rcode = Rcode::nxdomain;
    const auto seen = digest(a, {a.soa(), a.ns(), nxdomain, a.denial("example.", Type{65280}, &a.zsk)});
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.keys, ElementsAre(a.zsk.key()));
    EXPECT_THAT(seen.unmatched, IsEmpty());
    EXPECT_EQ(seen.ttl_max, 60U);
    EXPECT_TRUE(seen.is_signed);
    EXPECT_FALSE(seen.complete);
}

TEST(Digest, AKeyThatSignsOnlyCdsSignsData) {
    const Address a;
    const auto cds = a.data({record("example.", Type::CDS, 20, "1 13 2 " + std::string(64, 'a'))}, &a.ksk);
    EXPECT_THAT(digest(a, {a.soa(), cds}).keys, SizeIs(2));
}

TEST(Digest, SignaturesOfKeysThatAreNotPublished) {
    const Address a;
    const TestSigner hidden{kZone, 13, 256};
    const auto seen = digest(a, {a.soa(), a.data({record("example.", Type::NS, 40, "ns1.example.")}, &hidden)});
    EXPECT_EQ(seen.problem, "") << "a fact, and a bad one";
    EXPECT_THAT(seen.keys, ElementsAre(a.zsk.key()));
    EXPECT_THAT(seen.unmatched, ElementsAre(Pair(hidden.key().tag(), 13)));
}

TEST(Digest, ExpiredDataIsAProblem) {
    Address a;
    const auto good = a.soa();
    const auto keys = digest_dnskey(kZone, a.dnskey());
    a.inception = kNow - hours(48);
    a.expiration = kNow - hours(1);
    const auto bad = a.ns();
    const Heard* samples[] = {&good, &bad};
    const auto seen = digest_data(kZone, samples, keys);
    EXPECT_THAT(seen.problem, HasSubstr("example. NS with no valid signature"));
    EXPECT_THAT(seen.problem, HasSubstr("has expired"));
}

TEST(Digest, HalfSignedIsAProblemAndUnsignedIsAFact) {
    const Address a;
    const auto bare = a.data({record("example.", Type::NS, 40, "ns1.example.")}, nullptr);
    EXPECT_THAT(digest(a, {a.soa(), bare}).problem, HasSubstr("only in part: there is no RRSIG over example. NS"));
    auto denial = a.denial("example.", Type{65280}, &a.zsk);
    std::erase_if(denial.message->authority, [](const auto& r) { return r.type == Type::NSEC; });
    EXPECT_THAT(digest(a, {a.soa(), denial}).problem, HasSubstr("NSEC"));
    const auto seen = digest(a, {bare, a.data({record("example.", Type::SOA, 60, kSoa)}, nullptr)});
    EXPECT_EQ(seen.problem, "");
    EXPECT_FALSE(seen.is_signed);
    EXPECT_THAT(seen.keys, IsEmpty());
}

TEST(Digest, NothingIsKnownOfDataWithoutTheKeys) {
    const Address a;
    const auto soa = a.soa();
    const Heard* samples[] = {&soa};
    const auto keys = digest_dnskey(kZone, a.hear("example.", Type::DNSKEY, {.rcode = Rcode::servfail}));
    EXPECT_EQ(digest_data(kZone, samples, keys).problem, keys.problem);
    EXPECT_EQ(serial_of(kZone, soa), 7U);
}

// ---- NS, CDS, CSYNC ----

TEST(Digest, NsCdsCsyncOfTheChild) {
    const Address a;
    EXPECT_THAT(digest_ns(kZone, a.ns()).names, ElementsAre(name("ns1.example.")));
    EXPECT_EQ(digest_ns(kZone, a.ns()).ttl, 40U);
    EXPECT_THAT(digest_ns(kZone, a.denial("example.", Type::NS, &a.zsk)).problem, HasSubstr("without NS"));

    const auto cds = a.data({record("example.", Type::CDS, 20, "0 0 0 00")}, &a.ksk);
    const auto cdnskey = a.data({record("example.", Type::CDNSKEY, 25, "0 3 0 AA==")}, &a.ksk);
    auto seen = digest_cds(kZone, cds, cdnskey);
    EXPECT_EQ(seen.problem, "");
    ASSERT_THAT(seen.cds, SizeIs(1));
    EXPECT_TRUE(dnssec::is_delete(seen.cds[0]));
    ASSERT_THAT(seen.cdnskey, SizeIs(1));
    EXPECT_EQ(seen.ttl, 25U);
    seen = digest_cds(kZone, a.denial("example.", Type::CDS, &a.zsk), a.denial("example.", Type::CDNSKEY, &a.zsk));
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.cds, IsEmpty());

    EXPECT_TRUE(digest_csync(kZone, a.data({record("example.", Type::CSYNC, 20, "0 1 NS")}, &a.zsk)).immediate_ns);
    EXPECT_FALSE(digest_csync(kZone, a.data({record("example.", Type::CSYNC, 20, "0 0 NS")}, &a.zsk)).immediate_ns);
    EXPECT_FALSE(digest_csync(kZone, a.data({record("example.", Type::CSYNC, 20, "0 1 A")}, &a.zsk)).immediate_ns);
    EXPECT_FALSE(digest_csync(kZone, a.denial("example.", Type::CSYNC, &a.zsk)).present);
}

TEST(Digest, ABrokenRecordIsAProblem) {
    const Address a;
    auto cds = a.denial("example.", Type::CDS, nullptr);
    cds.message->answer.push_back({kZone, Type::CDS, 20, std::string("\1\2", 2)});
    const auto seen = digest_cds(kZone, cds, a.denial("example.", Type::CDNSKEY, nullptr));
    EXPECT_THAT(seen.problem, HasSubstr("broken CDS"));
    EXPECT_THAT(seen.cds, IsEmpty());
}

// ---- the parent ----

TEST(Digest, DsAtTheParent) {
    const Address a;
    const auto one = record("example.", Type::DS, 20, "1 13 2 " + std::string(64, 'a'));
    auto seen = digest_ds(kZone, a.data({one}, nullptr));
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.ds, SizeIs(1));
    EXPECT_EQ(seen.ttl, 20U);
    seen = digest_ds(kZone, a.denial("example.", Type::DS, nullptr, "."));
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.ds, IsEmpty());
    EXPECT_EQ(seen.ttl, 30U);
    EXPECT_THAT(digest_ds(kZone, a.denial("example.", Type::DS, nullptr, "example.")).problem,
                HasSubstr("does not serve the parent zone"))
        << "answered from the child's side";
    auto lame = a.data({one}, nullptr);
    lame.message->authoritative = false;
    EXPECT_THAT(digest_ds(kZone, lame).problem, HasSubstr("lame"));
    EXPECT_THAT(digest_ds(kZone, a.hear("example.", Type::DS, {.rcode = Rcode::nxdomain})).problem,
                HasSubstr("NXDOMAIN"));
}

TEST(Digest, TheDelegation) {
    const Address a;
    dns::Message referral;
    referral.authority = {record("example.", Type::NS, 50, "ns1.example."),
                          record("example.", Type::NS, 50, "ns2.other.")};
    const auto seen = digest_delegation(kZone, a.hear("example.", Type::NS, referral));
    EXPECT_EQ(seen.problem, "");
    EXPECT_THAT(seen.names, SizeIs(2));
    EXPECT_EQ(seen.ttl, 50U);
    EXPECT_THAT(digest_delegation(kZone, a.ns()).names, SizeIs(1)) << "a server that holds the zone, too";
    dns::Message upward;
    upward.authority = {record(".", Type::NS, 50, "a.root.")};
    EXPECT_THAT(digest_delegation(kZone, a.hear("example.", Type::NS, upward)).problem, HasSubstr("refers to ."));
    EXPECT_THAT(digest_delegation(kZone, a.denial("example.", Type::NS, nullptr, ".")).problem,
                HasSubstr("does not delegate"));
    EXPECT_THAT(digest_delegation(kZone, a.hear("example.", Type::NS)).problem, HasSubstr("lame"));
}

} // namespace
} // namespace tutti::model
