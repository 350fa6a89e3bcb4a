#include "scan/zone_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tutti::scan {

namespace {

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}

constexpr const char* kDs = "60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A";

Expected<void> read(const std::string& text, Delegations& out, const char* zone = nullptr) {
    std::istringstream in{text};
    TextOptions options{.file = "f", .origin = {}};
    if (zone != nullptr) {
        options.origin = name(zone);
        out.set_zone(*options.origin);
    }
    auto ok = read_text(in, options, out);
    out.seal();
    return ok;
}

// "child NS hosts DS count", in the order of the names.
std::vector<std::string> told(const Delegations& d) {
    std::vector<std::string> out;
    for (ChildId c = 0; c < d.size(); ++c) {
        std::string line = dns::Name::from_wire(d.name(c)).value().text();
        for (const HostId h : d.hosts_of(d.ns_set(c))) {
            line += " " + dns::Name::from_wire(d.host_name(h)).value().text();
            for (const auto& a : d.glue(h)) line += "=" + a;
        }
        out.push_back(line + " " + std::to_string(d.ds_count(c)));
    }
    std::ranges::sort(out);
    return out;
}

TEST(ZoneText, AZoneFileWithEverythingThatIsAllowed) {
    Delegations d;
    const auto ok = read(std::string(R"($ORIGIN example.
$TTL 1h
@ 3600 IN SOA ns. admin. ( 2026112401 ; serial
      1h 15m 2w 5m )
  NS ns1
a IN 300 NS ns1.a
  NS NS1.Other.   ; another
ns1.a A 192.0.2.1
ns1.a AAAA 2001:db8::1
b 1w NS ns1.other.
x.b NS ns.x.b   ; below b: not ours
; nothing

t TXT "a ; b" "(" \; more
b DS )") + kDs +
                             "\nrr 300 IN RRSIG NS 13 2 300 20300101000000 20200101000000 1 example. AAAA\n$ORIGIN "
                             "sub.example.\nc NS ns1\n" +
                             "outside.test. NS ns1\n",
                         d, "example");
    ASSERT_TRUE(ok) << ok.error().text();
    EXPECT_THAT(told(d), ::testing::ElementsAre("a.example. ns1.a.example.=192.0.2.1=2001:db8::1 ns1.other. 0",
                                                "b.example. ns1.other. 1", "c.sub.example. ns1.sub.example. 0"));
    EXPECT_EQ(d.serial(), 2026112401U);
    EXPECT_EQ(d.left_out(), 1U);
}

TEST(ZoneText, AList) {
    Delegations d;
    const auto ok = read(std::string("a.example NS ns1.x 192.0.2.1 2001:db8::2\na.example. DS ") + kDs +
                             "\n\nb.example. 3600 IN NS ns1.x.\n",
                         d);
    ASSERT_TRUE(ok) << ok.error().text();
    EXPECT_THAT(told(d), ::testing::ElementsAre("a.example. ns1.x.=192.0.2.1=2001:db8::2 1",
                                                "b.example. ns1.x.=192.0.2.1=2001:db8::2 0"));
    EXPECT_EQ(d.ns_set(0), d.ns_set(1)) << "one set of servers is kept once";
    const auto registry = d.registry(0);
    ASSERT_EQ(registry.ds.size(), 1U);
    EXPECT_EQ(registry.ds[0].tag, 60485);
    EXPECT_EQ(registry.glue.at(0).addresses.size(), 2U);
}

TEST(ZoneText, ErrorsSayTheLineAndWhatWasMeant) {
    const std::pair<const char*, const char*> cases[] = {
        {"a.example. NS ns1\nb.example. NX ns1\n", "f:2: \"NX\" is no type of record"},
        {"a.example. NS\n", "f:1: NS without a host"},
        {"a.example. NS ns1 nonsense\n", "f:1: \"nonsense\" is not an address"},
        {"a.example. DS 1 2\n", "f:1: DS of a.example.: "},
        {" NS ns1\n", "f:1: the first record has no owner"},
        {"a.example. NS ( ns1\n\n", "f:2: the file ends inside of parentheses"},
        {"a.example. NS ns1 )\n", "f:1: a closing parenthesis"},
        {"a.example. TXT \"x\n", "f:1: a quotation mark"},
        {"$INCLUDE other\n", "f:1: $INCLUDE is not followed here"},
        {"a.example. 300 IN\n", "f:1: a record without a type"},
        {"a..example. NS ns1\n", "f:1: "},
    };
    for (const auto& [text, wanted] : cases) {
        Delegations d;
        const auto ok = read(text, d);
        ASSERT_FALSE(ok) << text;
        EXPECT_TRUE(ok.error().text().starts_with(wanted)) << ok.error().text();
    }
    Delegations d;
    std::istringstream in{"a.example. TXT " + std::string(200, 'x') + "\n"};
    EXPECT_FALSE(read_text(in, {.file = "f", .origin = {}, .longest = 100}, d));
}

TEST(Delegations, DsOfNobodyAndLargeSets) {
    Delegations d;
    d.add_ds(name("nobody.example"), "1234567890");
    for (int i = 0; i < 70; ++i)
        for (const char* child : {"a.example", "b.example"})
            d.add_ns(name(child), name("ns" + std::to_string(i) + ".x"));
    d.add_ns(name("c.example"), name("ns1.x"));
    d.add_ns(name("d.example"), name("ns1.x"));
    d.add_ns(name("d.example"), name("ns1.x"));
    d.seal();
    EXPECT_EQ(d.size(), 4U);
    EXPECT_EQ(d.left_out(), 1U);
    EXPECT_EQ(d.hosts_of(d.ns_set(0)).size(), 70U);
    EXPECT_EQ(d.hosts_of(d.ns_set(1)).size(), 70U);
    EXPECT_EQ(d.hosts_of(d.ns_set(3)).size(), 1U);
    EXPECT_EQ(d.ns_set(2), d.ns_set(3));
}

TEST(NameTable, ManyNamesEachOnce) {
    NameTable table;
    for (int round = 0; round < 2; ++round)
        for (std::uint32_t i = 0; i < 20'000; ++i)
            EXPECT_EQ(table.add(name("c" + std::to_string(i) + ".example").wire()), i);
    EXPECT_EQ(table.size(), 20'000U);
    EXPECT_EQ(table.find(name("c77.example").wire()), 77U);
    EXPECT_EQ(table.find(name("none.example").wire()), kNoName);
}

} // namespace

} // namespace tutti::scan
