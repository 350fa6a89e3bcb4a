#include "epp/parse.hpp"

#include "epp/golden_test.hpp"
#include "epp/namespaces.hpp"
#include "epp/schema_test.hpp"

#include <gmock/gmock.h>

namespace tutti::epp {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

dns::Name name(const char* text) {
    return dns::Name::parse(text).value();
}
Response response(const std::string& xml) {
    expect_valid(xml);
    auto frame = parse_server_frame(xml);
    if (!frame) throw std::runtime_error(frame.error().text());
    return std::get<Response>(*frame);
}
std::string why(const std::string& xml) {
    const auto frame = parse_server_frame(xml);
    return frame ? "no error" : frame.error().text();
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    if (at == std::string::npos) throw std::runtime_error("no " + what);
    return text.replace(at, what.size(), by);
}

TEST(Parse, Greeting) {
    expect_valid(kGreeting);
    const auto g = std::get<Greeting>(parse_server_frame(kGreeting).value());
    EXPECT_EQ(g.server, "Registry of lab");
    EXPECT_THAT(g.languages, ElementsAre("en", "fr"));
    EXPECT_TRUE(g.offers(kDomain) && g.offers(kSecDns) && g.offers(kTtl));
    EXPECT_FALSE(g.offers(kChangePoll));
    EXPECT_THAT(why(replaced(kGreeting, "<version>1.0</version>", "")), HasSubstr("which version"));
}

TEST(Parse, Results) {
    const auto r = response(kError);
    EXPECT_EQ(r.code(), 2004);
    EXPECT_EQ(r.client_id, "ABC-1");
    EXPECT_EQ(r.server_id, "REG-7");
    EXPECT_EQ(r.text(), "2004 Parameter value range error (period=99; name=child.lab: Too long for this zone.)");
}

TEST(Parse, DomainWithDsAndTtl) {
    const auto d = response(kDomainInfo).domain.value();
    EXPECT_EQ(d.name, name("child.lab"));
    EXPECT_EQ(d.sponsor, "ClientX");
    EXPECT_EQ(d.updated, "2026-11-01T22:00:00.0Z");
    EXPECT_THAT(d.statuses, ElementsAre("ok", "clientTransferProhibited"));
    EXPECT_FALSE(d.host_attributes);
    EXPECT_THAT(d.ns, ElementsAre(NameServer{name("ns1.child.lab")}, NameServer{name("ns2.example")}));
    EXPECT_EQ(d.sec_dns.max_sig_life, 604800U);
    ASSERT_EQ(d.sec_dns.ds.size(), 2U);
    EXPECT_EQ(d.sec_dns.ds[0].ds, (dnssec::Ds{12345, 13, 2, "\x49\xfd\x46\xe6\xc4\xb4\x5c\x55\xd4\xac"}));
    EXPECT_EQ(d.sec_dns.ds[1].key, (dnssec::Dnskey{257, 3, 1, "\x01\x03\xc9\xff\xff\xff\xe1"}));
    EXPECT_EQ(d.ttls.at("NS"), 3600U);
    EXPECT_EQ(d.ttls.at("DS"), std::nullopt);
}

TEST(Parse, DomainWithAttributesAndKeys) {
    const auto d = response(kAttributesInfo).domain.value();
    EXPECT_TRUE(d.host_attributes);
    EXPECT_THAT(d.ns, ElementsAre(NameServer{name("ns1.child.lab"), {"192.0.2.2", "2001:db8::1"}},
                                  NameServer{name("ns2.example")}));
    EXPECT_THAT(d.sec_dns.keys, ElementsAre(dnssec::Dnskey{257, 3, 13, "\x01\x03\xc9"}));
}

TEST(Parse, Hosts) {
    const auto h = response(kHostInfo).host.value();
    EXPECT_THAT(h.addresses, ElementsAre("192.0.2.2", "2001:db8::1"));
    EXPECT_EQ(h.sponsor, "ClientY");
    EXPECT_THAT(response(kHostCheck).checked, ElementsAre(Availability{name("ns1.child.lab"), true, ""},
                                                          Availability{name("ns2.example"), false, "In use"}));
}

TEST(Parse, Messages) {
    const auto r = response(kPending);
    EXPECT_EQ(r.queue, (Queued{5, "12345", "2026-06-08T22:00:00.0Z", "Pending action completed."}));
    EXPECT_EQ(r.pending, (PendingResult{name("child.lab"), true, "TUTTI-1", "REG-3"}));
    const auto c = response(kChange);
    EXPECT_EQ(c.change,
              (ChangeNotice{false, "update", "2026-10-22T14:25:57.0Z", "REG-12", "desk", "locked on request"}));
    EXPECT_TRUE(c.domain->has_status("serverUpdateProhibited"));
}

TEST(Parse, UnknownExtensionsArePassedOver) {
    const auto xml = replaced(kDomainInfo, "<extension>", "<extension><x:y xmlns:x=\"urn:x\"><x:z/></x:y>");
    EXPECT_EQ(std::get<Response>(parse_server_frame(xml).value()).domain->sec_dns.ds.size(), 2U);
}

TEST(Parse, WhatIsNotRight) {
    EXPECT_THAT(why("<epp/>"), HasSubstr("not an EPP frame"));
    EXPECT_THAT(why(frame("<hello/>")), HasSubstr("does not send <hello>"));
    EXPECT_THAT(why(frame("<greeting/><greeting/>")), HasSubstr("one element"));
    EXPECT_THAT(why(simple(99, "x")), HasSubstr("not a result code"));
    EXPECT_THAT(why(replaced(kError, "code=\"2004\"", "")), HasSubstr("no attribute code"));
    EXPECT_THAT(why(replaced(kError, "code=\"2004\"", "code=\"+200\"")), HasSubstr("+200"));
    EXPECT_THAT(why(replaced(kError, "<svTRID>REG-7</svTRID>", "")), HasSubstr("svTRID"));
    EXPECT_THAT(why(replaced(kDomainInfo, "12345", "70000")), HasSubstr("keyTag"));
    EXPECT_THAT(why(replaced(kDomainInfo, "49FD46", "49FD4")), HasSubstr("hexadecimal"));
    EXPECT_THAT(why(replaced(kDomainInfo, "AQPJ", "A!PJ")), HasSubstr("base64"));
    EXPECT_THAT(why(replaced(kDomainInfo, "NS2.Example", "a..b")), HasSubstr("not a name"));
    EXPECT_THAT(why(replaced(kDomainInfo, "3600", "-1")), HasSubstr("TTL"));
    EXPECT_THAT(why(replaced(kPending, "paResult=\"1\"", "paResult=\"yes\"")), HasSubstr("neither true nor false"));
    // Two forms side by side: which of them counts?
    EXPECT_THAT(why(replaced(kDomainInfo, "</secDNS:infData>",
                             "<secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol>"
                             "<secDNS:alg>13</secDNS:alg><secDNS:pubKey>AQPJ</secDNS:pubKey></secDNS:keyData>"
                             "</secDNS:infData>")),
                HasSubstr("side by side"));
}

} // namespace
} // namespace tutti::epp
