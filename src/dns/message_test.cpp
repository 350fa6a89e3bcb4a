#include "dns/message.hpp"

#include "dns/ldns_ptr.hpp"
#include "dns/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::dns {
namespace {

using namespace std::string_literals;
using Bytes = std::vector<std::uint8_t>;

Name name(std::string_view text) {
    return Name::parse(text).value();
}
Record record(std::string_view owner, Type type, Ttl ttl, std::string_view text) {
    return {name(owner), type, ttl, parse_rdata(type, text).value()};
}

// A message made by another implementation, with compressed names: sections of zone text.
struct Sections {
    std::vector<std::string> answer, authority, additional;
};
Bytes by_ldns(const Sections& sections, const std::string& question = "Example.com.",
              ldns_rr_type type = LDNS_RR_TYPE_NS) {
    const std::unique_ptr<ldns_pkt, LdnsFree<ldns_pkt_free>> packet{
        ldns_pkt_query_new(ldns_dname_new_frm_str(question.c_str()), type, LDNS_RR_CLASS_IN, LDNS_QR | LDNS_AA)};
    ldns_pkt_set_id(packet.get(), 4711);
    const auto put = [&](ldns_pkt_section section, const std::vector<std::string>& lines) {
        for (const auto& line : lines) {
            ldns_rr* rr = nullptr;
            EXPECT_EQ(ldns_rr_new_frm_str(&rr, line.c_str(), 0, nullptr, nullptr), LDNS_STATUS_OK) << line;
            ldns_pkt_push_rr(packet.get(), section, rr);
        }
    };
    put(LDNS_SECTION_ANSWER, sections.answer);
    put(LDNS_SECTION_AUTHORITY, sections.authority);
    put(LDNS_SECTION_ADDITIONAL, sections.additional);
    std::uint8_t* wire = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(ldns_pkt2wire(&wire, packet.get(), &size), LDNS_STATUS_OK);
    const std::unique_ptr<std::uint8_t, LdnsFree<std::free>> owner{wire};
    return {wire, wire + size};
}

const Sections kReferral{
    .answer = {"example.com. 300 IN NS NS1.example.com.", "example.com. 300 IN NS ns2.example.com.",
               "example.com. 300 IN MX 10 mail.example.com.", "example.com. 300 IN TXT \"example.com\"",
               "example.com. 300 IN DNSKEY 257 3 13 "
               "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="},
    .authority = {"example.com. 300 IN SOA ns1.example.com. admin.example.com. 1 2 3 4 5",
                  "_x.example.com. 300 IN SRV 1 2 3 ns1.example.com."},
    .additional = {"ns1.example.com. 60 IN A 192.0.2.1", "ns1.example.com. 60 IN AAAA 2001:db8::1",
                   "example.com. 60 IN TYPE65280 \\# 2 abcd"}};

TEST(Message, ReadsWhatAnotherImplementationWrote) {
    const auto m = parse_message(by_ldns(kReferral));
    ASSERT_TRUE(m.has_value()) << m.error().text();
    EXPECT_EQ(m->id, 4711);
    EXPECT_TRUE(m->response);
    EXPECT_TRUE(m->authoritative);
    EXPECT_FALSE(m->truncated);
    EXPECT_EQ(m->rcode, Rcode::noerror);
    EXPECT_EQ(m->question, (Question{name("example.com"), Type::NS}));
    ASSERT_EQ(m->answer.size(), 5U);
    EXPECT_EQ(m->answer[0], record("example.com", Type::NS, 300, "ns1.example.com."));
    EXPECT_EQ(m->answer[2], record("example.com", Type::MX, 300, "10 mail.example.com."));
    ASSERT_EQ(m->authority.size(), 2U);
    EXPECT_EQ(m->authority[0], record("example.com", Type::SOA, 300, "ns1.example.com. admin.example.com. 1 2 3 4 5"));
    EXPECT_EQ(m->authority[1], record("_x.example.com", Type::SRV, 300, "1 2 3 ns1.example.com."));
    ASSERT_EQ(m->additional.size(), 3U);
    EXPECT_EQ(m->additional[2], record("example.com", Type{65280}, 60, "\\# 2 abcd"));
    EXPECT_FALSE(m->edns.has_value());
}

TEST(Message, GathersRrsets) {
    const auto m = parse_message(
        by_ldns({.answer = {"example.com. 300 IN NS ns2.example.com.", "example.com. 400 IN NS ns1.example.com.",
                            "example.com. 300 IN NS NS2.example.com.",
                            "example.com. 300 IN RRSIG NS 13 2 300 20300101000000 20200101000000 1 example.com. AAAA",
                            "a.example.com. 300 IN NS ns1.example.com."},
                 .authority = {},
                 .additional = {}}));
    ASSERT_TRUE(m.has_value());
    const auto sets = rrsets(m->answer);
    ASSERT_EQ(sets.size(), 2U) << "the RRSIG is apart";
    EXPECT_EQ(sets[0], (RrSet{name("example.com"),
                              Type::NS,
                              400,
                              {ns_rdata(name("ns1.example.com")), ns_rdata(name("ns2.example.com"))}}));
    EXPECT_EQ(find_rrset(m->answer, name("EXAMPLE.com"), Type::NS), sets[0]);
    EXPECT_EQ(find_rrset(m->answer, name("example.com"), Type::A), std::nullopt);
    EXPECT_EQ(find_rrset(m->answer, name("example.com"), Type::RRSIG)->rdata.size(), 1U);
}

TEST(Message, QueryRoundTrips) {
    const auto wire = compose_query(0xbeef, {name("example"), Type::DNSKEY}, true, Edns{});
    const auto m = parse_message(wire);
    ASSERT_TRUE(m.has_value());
    EXPECT_EQ(m->id, 0xbeef);
    EXPECT_FALSE(m->response);
    EXPECT_TRUE(m->recursion_desired);
    EXPECT_EQ(m->question, (Question{name("example"), Type::DNSKEY}));
    ASSERT_TRUE(m->edns.has_value());
    EXPECT_EQ(m->edns->udp_size, 1232);
    EXPECT_TRUE(m->edns->dnssec_ok);
    ldns_pkt* packet = nullptr;
    ASSERT_EQ(ldns_wire2pkt(&packet, wire.data(), wire.size()), LDNS_STATUS_OK);
    EXPECT_TRUE(ldns_pkt_edns_do(packet));
    ldns_pkt_free(packet);
    EXPECT_FALSE(parse_message(compose_query(1, {name("."), Type::NS}, false, std::nullopt))->edns.has_value());
}

TEST(Message, IxfrNamesTheSerialThatOneHas) { // RFC 1995 section 3
    const auto m = parse_message(compose_ixfr(7, name("example"), 4'000'000'000U));
    ASSERT_TRUE(m.has_value()) << m.error().text();
    EXPECT_EQ(m->question, (Question{name("example"), Type::IXFR}));
    ASSERT_EQ(m->authority.size(), 1U);
    EXPECT_EQ(m->authority[0].owner, name("example"));
    EXPECT_EQ(parse_soa(m->authority[0].rdata).value().serial, 4'000'000'000U);
}

// A header with counts, to be followed by hand-made records.
Writer header(std::uint16_t flags, std::uint16_t qd, std::uint16_t an, std::uint16_t ns, std::uint16_t ar) {
    Writer w;
    for (std::uint16_t v : {std::uint16_t{1}, flags, qd, an, ns, ar}) w.u16(v);
    return w;
}

TEST(Message, ExtendedErrorAndRcode) {
    Writer w = header(0x8002, 0, 0, 0, 1);
    w.name(Name::root());
    w.u16(41);
    w.u16(1232);
    w.u32(0x01000000); // extended rcode 1 -> 16 + 2
    const auto options = "\0\12\0\2xx\0\17\0\7\0\6bo\ngs"s + "\0\17\0\2\0\7"s;
    w.u16(static_cast<std::uint16_t>(options.size()));
    w.bytes(options);
    const auto m = parse_message(w.take());
    ASSERT_TRUE(m.has_value()) << m.error().text();
    EXPECT_EQ(m->rcode, Rcode::badtime);
    EXPECT_EQ(m->edns->ede, 6);
    EXPECT_EQ(m->edns->ede_text, "bo?gs");
    EXPECT_FALSE(m->edns->dnssec_ok);
}

TEST(Message, RefusesWhatIsBroken) {
    const auto reason = [](const Bytes& wire) {
        const auto m = parse_message(wire);
        return m ? std::string{"accepted"} : m.error().text();
    };
    EXPECT_THAT(reason({}), testing::HasSubstr("shorter than its header"));
    auto wire = by_ldns(kReferral);
    wire.push_back(0);
    EXPECT_THAT(reason(wire), testing::HasSubstr("after the last record"));
    EXPECT_THAT(reason(header(0x8000, 2, 0, 0, 0).take()), testing::HasSubstr("more than one question"));
    EXPECT_THAT(reason(header(0x8000, 1, 0, 0, 0).take()), testing::HasSubstr("question is broken"));
    EXPECT_THAT(reason(header(0x8000, 0, 65535, 0, 0).take()), testing::HasSubstr("broken or cut short"));
    EXPECT_THAT(reason(Bytes(70000, 0)), testing::HasSubstr("longer than 65535"));

    Writer other_class = header(0x8000, 0, 1, 0, 0);
    other_class.record(name("a"), Type::TXT, 3, 0, "\1x");
    EXPECT_THAT(reason(other_class.take()), testing::HasSubstr("class other than that of the question"));
    Writer two_opt = header(0x8000, 0, 0, 0, 2);
    for (int i = 0; i < 2; ++i) two_opt.record(Name::root(), Type::OPT, 512, 0, {});
    EXPECT_THAT(reason(two_opt.take()), testing::HasSubstr("OPT record out of place"));
    Writer opt_in_answer = header(0x8000, 0, 1, 0, 0);
    opt_in_answer.record(Name::root(), Type::OPT, 512, 0, {});
    EXPECT_THAT(reason(opt_in_answer.take()), testing::HasSubstr("OPT record out of place"));
    Writer tsig_first = header(0x8000, 0, 0, 0, 2);
    tsig_first.record(name("k"), Type::TSIG, kClassAny, 0, {});
    tsig_first.record(Name::root(), Type::OPT, 512, 0, {});
    EXPECT_THAT(reason(tsig_first.take()), testing::HasSubstr("TSIG record out of place"));
}

TEST(Message, CompressionCannotLoop) {
    const auto with_name = [](std::string_view owner) {
        Writer w = header(0x8000, 0, 1, 0, 0); // the record begins at 12
        w.bytes(owner);
        w.u16(1);
        w.u16(1);
        w.u32(0);
        w.u16(4);
        w.u32(0x01020304);
        return parse_message(w.take());
    };
    EXPECT_TRUE(with_name("\1a\0"s).has_value());
    EXPECT_FALSE(with_name("\300\14"s).has_value()) << "onto itself";
    EXPECT_FALSE(with_name("\1a\300\14"s).has_value()) << "onto its own start";
    EXPECT_FALSE(with_name("\300\10"s).has_value()) << "into the header, where octet 8 would be the root";
    EXPECT_FALSE(with_name("\300\16\300\14"s).has_value()) << "forward";
    EXPECT_FALSE(with_name("\1a\300\17\300\14"s).has_value()) << "forward";
    EXPECT_FALSE(with_name("\100"s).has_value()) << "label type 01";
    EXPECT_FALSE(with_name("\200"s).has_value()) << "label type 10";
}

TEST(Message, NamesInRdataStayWithinTheirRecord) {
    Writer w = header(0x8000, 0, 1, 0, 0);
    w.record(name("a"), Type::NS, kClassIn, 0, "\3ns1"s); // no root label: the next octets are not its own
    w.u8(0);
    EXPECT_FALSE(parse_message(w.take()).has_value());
    Writer junk = header(0x8000, 0, 1, 0, 0);
    junk.record(name("a"), Type::NS, kClassIn, 0, "\3ns1\0x"s);
    EXPECT_FALSE(parse_message(junk.take()).has_value());
    Writer short_a = header(0x8000, 0, 1, 0, 0);
    short_a.record(name("a"), Type::A, kClassIn, 0, "\1\2\3"s);
    EXPECT_FALSE(parse_message(short_a.take()).has_value());
}

TEST(Message, WhatServersTellOfThemselvesIsOfClassCh) {
    const Question question{name("version.bind"), Type::TXT, Class::CH};
    auto wire = compose_query(7, question, false, {});
    EXPECT_EQ(parse_message(wire)->question, question);
    wire[7] = 1; // and one answer
    Writer w;
    w.record(question.name, Type::TXT, static_cast<std::uint16_t>(Class::CH), 0, "\3abc"s);
    const auto record = w.take();
    wire.insert(wire.end(), record.begin(), record.end());
    ASSERT_TRUE(parse_message(wire).has_value());
    EXPECT_EQ(parse_message(wire)->answer.at(0).rdata, "\3abc"s);
}

TEST(Message, HugeTtlIsZero) { // RFC 2181 section 8
    Writer w = header(0x8000, 0, 1, 0, 0);
    w.record(name("a"), Type::A, kClassIn, 0x80000000, "\1\2\3\4"s);
    EXPECT_EQ(parse_message(w.take())->answer.at(0).ttl, 0U);
}

TEST(Message, HoldsSixtyFourKilobytes) {
    Writer w = header(0x8000, 0, 1, 0, 0);
    w.record(name("a"), Type{65280}, kClassIn, 1, std::string(65535 - 12 - 3 - 10, 'x'));
    const auto wire = w.take();
    ASSERT_EQ(wire.size(), 65535U);
    EXPECT_EQ(parse_message(wire)->answer.at(0).rdata.size(), 65510U);
}

TEST(Notify, ComposeAndReply) { // RFC 1996, RFC 9859
    const auto m = parse_message(compose_notify(7, {name("example"), Type::CDS}));
    ASSERT_TRUE(m.has_value());
    EXPECT_EQ(m->opcode, 4);
    EXPECT_TRUE(m->authoritative);
    EXPECT_EQ(m->question, (Question{name("example"), Type::CDS}));
    const auto reply = parse_message(compose_notify_reply(*m, Rcode::refused));
    ASSERT_TRUE(reply.has_value());
    EXPECT_TRUE(reply->response);
    EXPECT_EQ(reply->id, 7);
    EXPECT_EQ(reply->opcode, 4);
    EXPECT_EQ(reply->rcode, Rcode::refused);
    EXPECT_EQ(reply->question, m->question);
}

std::vector<std::string> update_lines(const ldns_rr_list* list) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
        const ldns_rr* rr = ldns_rr_list_rr(list, i);
        const LdnsText owner{ldns_rdf2str(ldns_rr_owner(rr))};
        std::string line = std::string{owner.get()} + " " + std::to_string(ldns_rr_ttl(rr)) + " " +
                           std::to_string(ldns_rr_get_class(rr)) + " " + std::to_string(ldns_rr_get_type(rr));
        for (std::size_t f = 0; f < ldns_rr_rd_count(rr); ++f)
            line += " " + std::string{LdnsText{ldns_rdf2str(ldns_rr_rdf(rr, f))}.get()};
        out.push_back(line);
    }
    return out;
}

TEST(Update, SectionsOfRfc2136) {
    Update update{.zone = name("example"), .prerequisites = {}, .add = {}, .remove = {}, .remove_sets = {}};
    const auto ns = [](std::string_view t) { return ns_rdata(name(t)); };
    update.prerequisites.push_back(
        {Update::Prerequisite::Kind::exists_exact, {name("example"), Type::NS, 60, {ns("a"), ns("b")}}});
    update.prerequisites.push_back({Update::Prerequisite::Kind::exists, {name("x.example"), Type::A, 0, {}}});
    update.prerequisites.push_back({Update::Prerequisite::Kind::absent, {name("y.example"), Type::A, 0, {}}});
    update.add = {record("example", Type::NS, 300, "c."), record("www.example", Type::A, 60, "192.0.2.1")};
    update.remove = {record("example", Type::NS, 300, "a."), record("www.example", Type::A, 60, "192.0.2.2")};
    update.remove_sets = {{name("old.example"), Type::TXT}};
    const auto wire = compose_update(99, update);

    ldns_pkt* raw = nullptr;
    ASSERT_EQ(ldns_wire2pkt(&raw, wire.data(), wire.size()), LDNS_STATUS_OK);
    const std::unique_ptr<ldns_pkt, LdnsFree<ldns_pkt_free>> packet{raw};
    EXPECT_EQ(ldns_pkt_id(raw), 99);
    EXPECT_EQ(ldns_pkt_get_opcode(raw), LDNS_PACKET_UPDATE);
    EXPECT_THAT(update_lines(ldns_pkt_question(raw)), testing::ElementsAre("example. 3600 1 6"));
    EXPECT_THAT(update_lines(ldns_pkt_answer(raw)), testing::ElementsAre("example. 0 1 2 a.", "example. 0 1 2 b.",
                                                                         "x.example. 0 255 1", "y.example. 0 254 1"));
    EXPECT_THAT(update_lines(ldns_pkt_authority(raw)),
                testing::ElementsAre("old.example. 0 255 16", "www.example. 0 254 1 192.0.2.2", "example. 300 1 2 c.",
                                     "www.example. 60 1 1 192.0.2.1", "example. 0 254 2 a."));
    const auto echoed = parse_message(wire);
    ASSERT_TRUE(echoed.has_value()) << "a server may echo the sections";
    EXPECT_EQ(echoed->question, (Question{name("example"), Type::SOA}));
    EXPECT_TRUE(echoed->authority.empty());
}

RC_GTEST_PROP(Message, MutatedMessagesNeverCrash, ()) {
    static const Bytes valid = by_ldns(kReferral);
    Bytes wire = valid;
    const auto changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, wire.size());
        wire[at] = *rc::gen::element<std::uint8_t>(0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xc1, 0xff,
                                                   *rc::gen::arbitrary<std::uint8_t>());
    }
    if (*rc::gen::inRange(0, 4) == 0) wire.resize(*rc::gen::inRange<std::size_t>(0, wire.size()));
    const auto m = parse_message(wire);
    if (!m) return;
    for (const auto* section : {&m->answer, &m->authority, &m->additional})
        for (const auto& r : *section) (void)to_text(r);
    (void)rrsets(m->answer);
    (void)parse_message(compose_notify_reply(*m, m->rcode));
}

RC_GTEST_PROP(Message, AnyOctetsNeverCrash, (Bytes wire)) {
    (void)parse_message(wire);
    wire.insert(wire.begin(), {0, 1, 0x80, 0, 0, 1, 0, 3, 0, 1, 0, 1});
    (void)parse_message(wire);
}

} // namespace
} // namespace tutti::dns
