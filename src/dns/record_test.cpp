#include "dns/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::dns {
namespace {

using namespace std::string_literals;

Name name(std::string_view text) {
    return Name::parse(text).value();
}

TEST(Type, NamesAndNumbers) {
    for (const auto& [type, text] : std::vector<std::pair<Type, std::string>>{{Type::A, "A"},
                                                                              {Type::NS, "NS"},
                                                                              {Type::SOA, "SOA"},
                                                                              {Type::AAAA, "AAAA"},
                                                                              {Type::DS, "DS"},
                                                                              {Type::RRSIG, "RRSIG"},
                                                                              {Type::NSEC, "NSEC"},
                                                                              {Type::DNSKEY, "DNSKEY"},
                                                                              {Type::NSEC3, "NSEC3"},
                                                                              {Type::NSEC3PARAM, "NSEC3PARAM"},
                                                                              {Type::CDS, "CDS"},
                                                                              {Type::CDNSKEY, "CDNSKEY"},
                                                                              {Type::CSYNC, "CSYNC"},
                                                                              {Type::DSYNC, "DSYNC"},
                                                                              {Type::TSIG, "TSIG"},
                                                                              {Type::AXFR, "AXFR"},
                                                                              {Type::ANY, "ANY"},
                                                                              {Type{65280}, "TYPE65280"}}) {
        EXPECT_EQ(to_string(type), text);
        EXPECT_EQ(parse_type(text), type) << text;
    }
    EXPECT_EQ(parse_type("dnskey"), Type::DNSKEY);
    EXPECT_EQ(parse_type("type43"), Type::DS);
    EXPECT_EQ(parse_type("TYPE0"), Type{0});
    for (const char* bad : {"", "DNSKEYX", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "43", "DNS KEY"})
        EXPECT_FALSE(parse_type(bad).has_value()) << bad;
}

struct TextCase {
    Type type;
    std::string text, hex; // hex empty: only text -> octets -> text
};
std::string hex(const Rdata& rdata) {
    std::string out;
    for (char c : rdata) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

TEST(Rdata, TextRoundTrips) {
    const std::vector<TextCase> cases{
        {Type::A, "192.0.2.1", "c0000201"},
        {Type::AAAA, "2001:db8::1", "20010db8000000000000000000000001"},
        {Type::NS, "ns1.example.", "036e7331076578616d706c6500"},
        {Type::CNAME, "www.example.", ""},
        {Type::SOA, "ns1.example. admin.example. 2026112401 3600 900 604800 300", ""},
        {Type::MX, "10 mail.example.", ""},
        {Type::TXT, "\"v=spf1 -all\" \"b\\\"c\"", ""},
        {Type::SRV, "0 5 443 www.example.", ""},
        {Type::DS, "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
         "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
        {Type::CDS, "0 0 0 00", "0000000000"},
        {Type::CDNSKEY, "0 3 0 AA==", "0000030000"},
        {Type::DNSKEY,
         "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8nokfzj31GajIQKY+5CptLr3buXA10hWqTkF7"
         "H6RfoRqXQeogmMHfpftf6zMv1LyBUgia7za6ZEzOJBOztyvhjL742iU/TpPSEDhm2SNKLijfUppn1UaNvv4w==",
         ""},
        {Type::RRSIG,
         "A 5 3 86400 20030322173103 20030220173103 2642 example.com. "
         "oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAfI=",
         ""},
        {Type::NSEC, "host.example. A MX RRSIG NSEC TYPE1234", ""},
        {Type::NSEC3, "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG", ""},
        {Type::NSEC3PARAM, "1 0 0 -", "0100000000"},
        {Type::CSYNC, "66 3 A NS AAAA", "000000420003000460000008"},
        {Type{65280}, "\\# 4 c0000201", "c0000201"},
        {Type{65280}, "\\# 0", ""},
        {Type::DSYNC, "\\# 12 003b0114e803666f6f000000", "003b0114e803666f6f000000"}};
    for (const auto& c : cases) {
        const auto rdata = parse_rdata(c.type, c.text);
        ASSERT_TRUE(rdata.has_value()) << rdata.error().text();
        if (!c.hex.empty()) EXPECT_EQ(hex(*rdata), c.hex) << c.text;
        EXPECT_EQ(rdata_text(c.type, *rdata), c.text);
    }
}

TEST(Rdata, NamesAreCanonical) {
    EXPECT_EQ(parse_rdata(Type::NS, "NS1.Example."), ns_rdata(name("ns1.example")));
    EXPECT_EQ(parse_rdata(Type::NS, "ns1.example"), ns_rdata(name("ns1.example"))) << "always absolute";
    EXPECT_EQ(parse_rdata(Type::MX, "10 MAIL.example."), parse_rdata(Type::MX, "10 mail.example."));
    // RFC 6840 5.1: the next name of NSEC keeps its case.
    EXPECT_NE(parse_rdata(Type::NSEC, "B.example. A"), parse_rdata(Type::NSEC, "b.example. A"));
}

TEST(Rdata, GenericFormOfKnownTypes) { // RFC 3597 section 5
    EXPECT_EQ(parse_rdata(Type::A, "\\# 4 C0 00 02 01"), parse_rdata(Type::A, "192.0.2.1"));
    EXPECT_EQ(parse_rdata(Type::NS, "\\# 5 03 4E5331 00"), parse_rdata(Type::NS, "ns1."));
    for (const char* bad : {"\\#", "\\# x", "\\# 4 c00002", "\\# 3 c00002", "\\# 4 c000020g", "\\# 4 c000020"})
        EXPECT_FALSE(parse_rdata(Type::A, bad).has_value()) << bad;
    EXPECT_FALSE(parse_rdata(Type::NS, "\\# 2 c000").has_value()) << "a pointer has nowhere to point";
}

TEST(Rdata, RefusesBadText) {
    const std::vector<std::pair<Type, const char*>> cases{{Type::A, ""},
                                                          {Type::A, "192.0.2"},
                                                          {Type::A, "192.0.2.1 x"},
                                                          {Type::A, "192.0.2.256"},
                                                          {Type::AAAA, "192.0.2.1"},
                                                          {Type::NS, ""},
                                                          {Type::NS, "a..b."},
                                                          {Type::DS, "1 13 2"},
                                                          {Type::DS, "1 13"},
                                                          {Type::DS, "1 13 2 xyz"},
                                                          {Type::DNSKEY, "257 3 13"},
                                                          {Type::SOA, "ns. admin. 1 2 3 4"},
                                                          {Type::CSYNC, "66"},
                                                          {Type::DNSKEY, "257 3 13 a\nb. 0 IN A 192.0.2.1"},
                                                          {Type{65280}, "hello"},
                                                          {Type::MX, "mail.example."}};
    for (const auto& [type, text] : cases) {
        const auto rdata = parse_rdata(type, text);
        EXPECT_FALSE(rdata.has_value()) << to_string(type) << " " << text << " -> " << rdata_text(type, *rdata);
        if (!rdata) EXPECT_EQ(rdata.error().kind, ErrorKind::invalid);
    }
}

TEST(Rdata, BrokenOctetsAreStillPrinted) {
    EXPECT_EQ(rdata_text(Type::A, "\1\2"s), "\\# 2 0102");
    EXPECT_EQ(rdata_text(Type::NS, "\3ns1"s), "\\# 4 036e7331");
    EXPECT_EQ(rdata_text(Type::DS, ""s), "\\# 0");
}

TEST(Record, OneLine) {
    EXPECT_EQ(to_text({name("Example."), Type::NS, 3600, ns_rdata(name("ns1.example"))}),
              "example. 3600 IN NS ns1.example.");
    EXPECT_EQ(to_text({name("example."), Type::DSYNC, 60, "\1"s}), "example. 60 IN TYPE66 \\# 1 01");
}

TEST(Soa, Reads) {
    const auto soa = parse_soa(parse_rdata(Type::SOA, "ns1.example. admin.example. 4294967295 1 2 3 4").value());
    ASSERT_TRUE(soa.has_value());
    EXPECT_EQ(*soa, (Soa{name("ns1.example"), name("admin.example"), 4294967295, 1, 2, 3, 4}));
    EXPECT_FALSE(parse_soa("\0\0\0\0"s).has_value());
    EXPECT_EQ(ns_target(ns_rdata(name("ns1.example"))), name("ns1.example"));
    EXPECT_FALSE(ns_target("\3ns"s).has_value());
}

TEST(Csync, RoundTrips) {
    const Csync csync{66, true, true, 0, {Type::A, Type::NS, Type::AAAA}};
    EXPECT_EQ(parse_csync(csync_rdata(csync)), csync);
    EXPECT_EQ(csync_rdata(csync), parse_rdata(Type::CSYNC, "66 3 A NS AAAA"));
    const Csync odd{0, false, true, 0x8004, {Type::A, Type{65280}}};
    EXPECT_EQ(parse_csync(csync_rdata(odd)), odd);
    EXPECT_TRUE(parse_csync("\0\0\0\1\0\0"s).has_value()) << "no types is allowed";
    for (const auto& bad : {""s, "\0\0\0\1\0"s, "\0\0\0\1\0\0\0"s, "\0\0\0\1\0\0\0\0"s, "\0\0\0\1\0\0\0\2\100"s,
                            "\0\0\0\1\0\0\0\1\100\0\1\100"s})
        EXPECT_FALSE(parse_csync(bad).has_value());
}

RC_GTEST_PROP(Csync, AnyValueRoundTrips, ()) {
    Csync csync{*rc::gen::arbitrary<std::uint32_t>(),
                *rc::gen::arbitrary<bool>(),
                *rc::gen::arbitrary<bool>(),
                static_cast<std::uint16_t>(*rc::gen::arbitrary<std::uint16_t>() & 0xfffc),
                {}};
    for (const auto number : *rc::gen::arbitrary<std::set<std::uint16_t>>()) csync.types.push_back(Type{number});
    RC_ASSERT((parse_csync(csync_rdata(csync)) == csync));
}

// Every type that the library knows, and some that it does not.
Type any_type() {
    return Type{static_cast<std::uint16_t>(*rc::gen::inRange(0, 270))};
}
Rdata any_octets() {
    return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

RC_GTEST_PROP(Rdata, AnyOctetsCanBePrinted, ()) {
    const Type type = any_type();
    const Rdata rdata = any_octets();
    const std::string text = rdata_text(type, rdata);
    RC_ASSERT(!text.empty() || rdata.empty() || type == Type{42});
    for (char c : text) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    if (text.starts_with("\\#") && parse_rdata(type, text)) RC_ASSERT((parse_rdata(type, text) == rdata));
}

RC_GTEST_PROP(Rdata, KeysAndBitmapsRoundTripAsText, ()) {
    const Type type =
        *rc::gen::element(Type::DS, Type::CDS, Type::DNSKEY, Type::CDNSKEY, Type::CSYNC, Type::NSEC3PARAM);
    const Rdata rdata = any_octets();
    const std::string text = rdata_text(type, rdata);
    if (!text.starts_with("\\#")) RC_ASSERT((parse_rdata(type, text) == rdata));
}

RC_GTEST_PROP(Rdata, AnyTextCanBeRead, (const std::string& text)) {
    const Type type = any_type();
    if (const auto rdata = parse_rdata(type, text)) (void)rdata_text(type, *rdata);
}

RC_GTEST_PROP(Type, NumbersRoundTrip, ()) {
    const Type type{*rc::gen::arbitrary<std::uint16_t>()};
    RC_ASSERT((parse_type(to_string(type)) == type));
}

} // namespace
} // namespace tutti::dns
