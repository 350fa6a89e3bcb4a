#include "epp/commands.hpp"

#include "epp/golden_test.hpp"
#include "epp/namespaces.hpp"
#include "epp/schema_test.hpp"

#include <gmock/gmock.h>

namespace tutti::epp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

dns::Name name(const char* text) {
    return dns::Name::parse(text).value();
}
const dnssec::Ds kDs{12345, 13, 2, std::string(32, '\x4a')};
const dnssec::Dnskey kKey{257, 3, 13, "\x01\x03\xc9"};

// The children of an element as a line: name(child child=text).
std::string shape(const Element& e) {
    std::string out = e.name + (e.text.empty() ? "" : "=" + e.text);
    for (const auto& [key, value] : e.attributes) out += "@" + key + "=" + value;
    if (e.children.empty()) return out;
    out += "(";
    for (const auto& c : e.children) out += (out.ends_with('(') ? "" : " ") + shape(c);
    return out + ")";
}
// Composed, valid, read again.
std::string written(const Command& command) {
    const auto xml = compose(command, "ABC-1").value();
    testing::expect_valid(xml);
    const auto root = parse_xml(xml).value();
    EXPECT_TRUE(root.is(kEpp, "epp"));
    return shape(root);
}

TEST(Commands, Session) {
    const auto hello = compose_hello().value();
    testing::expect_valid(hello);
    EXPECT_EQ(shape(parse_xml(hello).value()), "epp(hello)");
    EXPECT_EQ(written(logout()), "epp(command(logout clTRID=ABC-1))");
    EXPECT_EQ(written(login({"ClientX", "secret pw", "en", {std::string{kDomain}}, {std::string{kSecDns}}})),
              "epp(command(login(clID=ClientX pw=secret pw options(version=1.0 lang=en) "
              "svcs(objURI=urn:ietf:params:xml:ns:domain-1.0 svcExtension(extURI=urn:ietf:params:xml:ns:secDNS-1.1))) "
              "clTRID=ABC-1))");
    EXPECT_EQ(written(poll_request()), "epp(command(poll@op=req clTRID=ABC-1))");
    EXPECT_EQ(written(poll_ack("12345")), "epp(command(poll@op=ack@msgID=12345 clTRID=ABC-1))");
}

TEST(Commands, Questions) {
    EXPECT_EQ(written(domain_info(name("child.lab"), false)), "epp(command(info(info(name=child.lab)) clTRID=ABC-1))");
    EXPECT_THAT(written(domain_info(name("child.lab"), true)), HasSubstr("extension(info@policy=true)"));
    EXPECT_EQ(written(host_check(std::vector{name("a.lab"), name("b.lab")})),
              "epp(command(check(check(name=a.lab name=b.lab)) clTRID=ABC-1))");
    EXPECT_EQ(written(host_info(name("a.lab"))), "epp(command(info(info(name=a.lab)) clTRID=ABC-1))");
}

TEST(Commands, Hosts) {
    const std::vector<std::string> addresses{"192.0.2.1", "2001:db8::1"};
    EXPECT_EQ(written(host_create(name("a.lab"), addresses)),
              "epp(command(create(create(name=a.lab addr=192.0.2.1@ip=v4 addr=2001:db8::1@ip=v6)) clTRID=ABC-1))");
    EXPECT_EQ(written(host_update(name("a.lab"), std::vector{addresses[1]}, std::vector{addresses[0]})),
              "epp(command(update(update(name=a.lab add(addr=2001:db8::1@ip=v6) rem(addr=192.0.2.1@ip=v4))) "
              "clTRID=ABC-1))");
    EXPECT_EQ(written(host_delete(name("a.lab"))), "epp(command(delete(delete(name=a.lab)) clTRID=ABC-1))");
}

// Removal and addition in one command, in the order of the schema.
TEST(Commands, UpdateByRecords) {
    DomainUpdate u{.name = name("child.lab"), .sec_add = {.ds = {{kDs}}}, .sec_remove = {.ds = {{kDs}, {kDs, kKey}}}};
    const std::string ds = "dsData(keyTag=12345 alg=13 digestType=2 digest=" + std::string(64, '4').replace(1, 1, "A");
    const auto text = written(domain_update(u));
    EXPECT_THAT(text, HasSubstr("update(update(name=child.lab)) extension(update(rem(dsData(keyTag=12345 alg=13"));
    EXPECT_THAT(text, HasSubstr("keyData(flags=257 protocol=3 alg=13 pubKey=AQPJ)"));
    EXPECT_LT(text.find("rem("), text.find("add("));
    EXPECT_THAT(text, Not(HasSubstr("maxSigLife")));
    u.sec_add.max_sig_life = 604800;
    u.urgent = true;
    EXPECT_THAT(written(domain_update(u)), HasSubstr("add(maxSigLife=604800 dsData("));
    EXPECT_THAT(written(domain_update(u)), HasSubstr("update@urgent=true("));
}

TEST(Commands, UpdateByKeysAndRemoveAll) {
    EXPECT_THAT(written(domain_update({.name = name("child.lab"), .sec_add = {.keys = {kKey}}})),
                HasSubstr("extension(update(add(keyData(flags=257 protocol=3 alg=13 pubKey=AQPJ))))"));
    EXPECT_THAT(written(domain_update({.name = name("child.lab"), .sec_remove_all = true})),
                HasSubstr("extension(update(rem(all=true)))"));
}

TEST(Commands, UpdateOfNameServersAndTtl) {
    DomainUpdate u{.name = name("child.lab"),
                   .ns_add = {{name("ns1.child.lab"), {"192.0.2.1"}}},
                   .ns_remove = {{name("ns.old")}},
                   .ttls = {{"DS", 300}, {"NS", std::nullopt}}};
    EXPECT_EQ(written(domain_update(u)),
              "epp(command(update(update(name=child.lab add(ns(hostObj=ns1.child.lab)) rem(ns(hostObj=ns.old)))) "
              "extension(update(ttl=300@for=DS ttl@for=NS)) clTRID=ABC-1))");
    u.host_attributes = true;
    EXPECT_THAT(written(domain_update(u)),
                HasSubstr("add(ns(hostAttr(hostName=ns1.child.lab hostAddr=192.0.2.1@ip=v4)))"));
    EXPECT_TRUE((DomainUpdate{.name = name("child.lab")}.empty()));
}

TEST(Commands, PasswordsAreMasked) {
    const auto xml = compose(login({"ClientX", "s3cret<&", "en", {std::string{kDomain}}, {}}), "ABC-1").value();
    EXPECT_THAT(masked(xml), Not(HasSubstr("s3cret")));
    EXPECT_THAT(masked(xml), HasSubstr("<pw>***</pw><options>"));
    EXPECT_THAT(masked(testing::kDomainInfo), Not(HasSubstr("2fooBAR")));
    EXPECT_THAT(masked(testing::kDomainInfo), HasSubstr("child.lab"));
    EXPECT_EQ(masked("<a><x:newPW ><![CDATA[a</b>]]></x:newPW><pw/>b"), "<a><x:newPW >***</x:newPW><pw/>b");
    EXPECT_EQ(masked("<pw>cut off"), "<pw>***");
    EXPECT_EQ(masked("no xml <"), "no xml <");
}

} // namespace
} // namespace tutti::epp
