#include "audit/view.hpp"

#include "dnssec/signer_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::audit {
namespace {

using dns::Name;
using dns::Record;
using dns::Type;
using dnssec::testing::TestSigner;
using model::Heard;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const Name kZone = Name::parse("example.").value();
const Instant kNow = parse_rfc3339("2026-11-24T12:00:00Z").value();

Record record(std::string_view owner, Type type, std::string_view text) {
    return {Name::parse(owner).value(), type, 60, dns::parse_rdata(type, text).value()};
}

// A server that signs, with NSEC3.
struct Signed {
    TestSigner ksk{kZone, 13, 257}, zsk{kZone, 13, 256}, stranger{kZone, 13, 256};
    std::vector<Record> soa{record("example.", Type::SOA, "ns1.example. admin.example. 7 3600 900 604800 30")};
    std::vector<Record> nsec3{record("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", Type::NSEC3,
                                     "1 0 5 abcd 2vptu5timamqttgl4luu9kg21e0aor3s NS SOA")};

    void add(std::vector<Record>& to, const std::vector<Record>& set, const TestSigner& by) const {
        to.insert(to.end(), set.begin(), set.end());
        const auto rrset = dns::find_rrset(set, set[0].owner, set[0].type).value();
        to.push_back({set[0].owner, Type::RRSIG, 60, by.sign(rrset, kNow - hours(1), kNow + hours(9))});
    }
    Heard answer(const dns::Question& question, const TestSigner& data_by) const {
        dns::Message m;
        m.response = m.authoritative = true;
        m.question = question;
        const std::vector<Record> keys{{kZone, Type::DNSKEY, 60, ksk.key().rdata()},
                                       {kZone, Type::DNSKEY, 60, zsk.key().rdata()}};
        if (question.type == Type::DNSKEY) add(m.answer, keys, ksk);
        if (question.type == Type::SOA) add(m.answer, soa, data_by);
        if (question.type == Type::NS) add(m.answer, {record("example.", Type::NS, "ns1.example.")}, data_by);
        if (m.answer.empty()) {
            if (question.name != kZone) m.rcode = dns::Rcode::nxdomain;
            add(m.authority, soa, data_by);
            add(m.authority, nsec3, data_by);
        }
        return {"192.0.2.1", question, kNow, kNow, std::move(m)};
    }
    std::vector<Heard> answers(const TestSigner& data_by) const {
        std::vector<Heard> out;
        for (const auto& ask : questions(kZone, "nobody")) out.push_back(answer(ask.question, data_by));
        return out;
    }
};

Heard silence(Heard heard) {
    heard.message = fail(ErrorKind::unreachable, "no answer", heard.address);
    return heard;
}

TEST(View, AServerThatIsAsItShouldBe) {
    const Signed world;
    const auto s = digest_server(kZone, world.answers(world.zsk));
    EXPECT_EQ(s.dnskey.problem + s.data.problem + s.ns.problem + s.cds.problem + s.csync.problem, "");
    EXPECT_TRUE(s.is_signed());
    EXPECT_FALSE(s.silent || s.tcp_fails || s.udp_fails || s.nsec);
    EXPECT_THAT(s.nsec3, ElementsAre(Nsec3{5, "\xab\xcd"}));
    EXPECT_EQ(s.soa->serial, 7U);
    ASSERT_THAT(s.sets, SizeIs(4)); // DNSKEY, SOA, NS, NSEC3, each once
    for (const auto& set : s.sets) {
        EXPECT_THAT(set.algorithms, ElementsAre(13)) << set.what;
        EXPECT_EQ(set.expires, kNow + hours(9));
        EXPECT_EQ(set.life, hours(10));
        EXPECT_EQ(set.problem, "");
    }
}

TEST(View, DataSignedByAKeyThatIsNotPublished) {
    const Signed world;
    const auto s = digest_server(kZone, world.answers(world.stranger));
    EXPECT_THAT(s.data.unmatched, SizeIs(1));
    EXPECT_EQ(s.sets[0].problem, ""); // DNSKEY
    EXPECT_THAT(s.sets[1].problem, HasSubstr("not among the keys"));
    EXPECT_THAT(s.sets[1].algorithms, SizeIs(0));
}

TEST(View, OneOfTheTwoWaysDoesNotWork) {
    const Signed world;
    auto heard = world.answers(world.zsk);
    const auto asked = questions(kZone, "nobody");
    for (std::size_t i = 0; i < heard.size(); ++i)
        if (asked[i].tcp) heard[i] = silence(heard[i]);
    auto s = digest_server(kZone, heard);
    EXPECT_TRUE(s.tcp_fails && s.usable() && !s.udp_fails && !s.silent);
    heard = world.answers(world.zsk);
    for (std::size_t i = 0; i < heard.size(); ++i)
        if (!asked[i].tcp) heard[i] = silence(heard[i]);
    s = digest_server(kZone, heard);
    EXPECT_TRUE(s.udp_fails && s.usable() && !s.tcp_fails);
    for (auto& h : heard) h = silence(h);
    s = digest_server(kZone, heard);
    EXPECT_TRUE(s.silent && !s.usable());
}

TEST(View, TheParentsGlue) {
    std::vector<Heard> heard;
    for (const auto& ask : parent_questions(kZone)) {
        dns::Message m;
        m.response = true;
        m.question = ask.question;
        if (ask.question.type == Type::DS) {
            m.authoritative = true;
            m.answer = {record("example.", Type::DS, "4711 13 2 " + std::string(64, 'a'))};
        } else {
            m.authority = {record("example.", Type::NS, "ns1.example.")};
            m.additional = {record("ns1.example.", Type::A, "192.0.2.1"),
                            record("ns1.example.", Type::AAAA, "2001:db8::1")};
        }
        heard.push_back({"192.0.2.9", ask.question, kNow, kNow, std::move(m)});
    }
    const auto p = digest_parent(kZone, heard);
    EXPECT_EQ(p.ds.problem + p.ns.problem, "");
    EXPECT_THAT(p.ds.ds, SizeIs(1));
    EXPECT_THAT(p.glue.at(Name::parse("ns1.example.").value()), ElementsAre("192.0.2.1", "2001:db8::1"));
}

} // namespace
} // namespace tutti::audit
