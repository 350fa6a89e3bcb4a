#include "dnssec/keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::dnssec {
namespace {

using dns::Name;
using dns::Type;

Dnskey key(const char* text) {
    return parse_dnskey(dns::parse_rdata(Type::DNSKEY, text).value()).value();
}
Ds ds(const char* text) {
    return parse_ds(dns::parse_rdata(Type::DS, text).value()).value();
}
Name name(const char* text) {
    return Name::parse(text).value();
}

struct Known {
    const char *owner, *dnskey;
    KeyTag tag;
    std::vector<const char*> ds;
};

const std::vector<Known> kKnown{
    // RFC 4034 section 5.4, RFC 4509 section 2.3
    {"dskey.example.com",
     "256 3 5 "
     "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzK"
     "BaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
     60485,
     {"60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
      "60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"}},
    // RFC 6605 sections 6.1 and 6.2
    {"example.net",
     "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
     55648,
     {"55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"}},
    {"example.net",
     "257 3 14 "
     "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/"
     "mlVNgF6W/qTI37m40",
     10771,
     {"10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6"}},
    // RFC 8080 section 6.1
    {"example.com",
     "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
     3613,
     {"3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"}},
    // The root's key of 2017
    {".",
     "257 3 8 "
     "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv"
     "ArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/"
     "b58Da+sqqls3eNbuv7pr+eoZG+SrDK"
     "6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/"
     "ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=",
     20326,
     {"20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"}}};

TEST(Keys, KnownTagsAndDigests) {
    for (const auto& k : kKnown) {
        const Dnskey dnskey = key(k.dnskey);
        EXPECT_EQ(dnskey.tag(), k.tag);
        EXPECT_EQ(parse_dnskey(dnskey.rdata()), dnskey);
        for (const char* text : k.ds) {
            const Ds expected = ds(text);
            EXPECT_EQ(make_ds(name(k.owner), dnskey, expected.digest_type), expected);
            EXPECT_TRUE(matches(name(k.owner), expected, dnskey));
            EXPECT_FALSE(matches(name("other.example"), expected, dnskey));
            EXPECT_EQ(parse_ds(expected.rdata()), expected);
            Ds wrong = expected;
            wrong.digest.back() = static_cast<char>(wrong.digest.back() ^ 1);
            EXPECT_FALSE(matches(name(k.owner), wrong, dnskey));
        }
    }
}

TEST(Keys, TagOfRsaMd5IsPartOfTheModulus) { // RFC 4034 appendix B.1
    EXPECT_EQ((Dnskey{256, 3, 1, std::string{"\1\3\x12\x34\x56", 5}}.tag()), 0x1234);
    EXPECT_EQ((Dnskey{256, 3, 1, "x"}.tag()), 0);
}

TEST(Keys, UnknownDigestTypesAreUnsupported) {
    const auto made = make_ds(name("example"), key(kKnown[1].dnskey), 3);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().kind, ErrorKind::unsupported);
    EXPECT_FALSE(matches(name("example"), Ds{55648, 13, 99, "x"}, key(kKnown[1].dnskey)));
}

TEST(Keys, Flags) {
    EXPECT_TRUE((Dnskey{257, 3, 13, ""}.sep()));
    EXPECT_TRUE((Dnskey{256, 3, 13, ""}.zone_key()));
    EXPECT_FALSE((Dnskey{256, 3, 13, ""}.sep()));
    EXPECT_FALSE((Dnskey{1, 3, 13, ""}.zone_key()));
    EXPECT_TRUE((Dnskey{385, 3, 13, ""}.revoked()));
}

TEST(Keys, DeleteSentinels) { // RFC 8078 section 4, erratum 5049
    EXPECT_TRUE(is_delete(ds("0 0 0 00")));
    EXPECT_TRUE(is_delete(key("0 3 0 AA==")));
    for (const char* other : {"1 0 0 00", "0 13 0 00", "0 0 2 00", "0 0 0 01", "0 0 0 0000"})
        EXPECT_FALSE(is_delete(ds(other))) << other;
    for (const char* other : {"257 3 0 AA==", "0 2 0 AA==", "0 3 13 AA==", "0 3 0 AAA="})
        EXPECT_FALSE(is_delete(key(other))) << other;
}

TEST(Keys, ShortRdataIsInvalid) {
    EXPECT_FALSE(parse_dnskey("abc").has_value());
    EXPECT_FALSE(parse_ds("abc").has_value());
}

TEST(Keys, AlgorithmNames) {
    EXPECT_EQ(algorithm_name(13), "ECDSAP256SHA256");
    EXPECT_EQ(algorithm_name(99), "algorithm 99");
}

// Appendix B of RFC 4034, as it is written there.
KeyTag reference_tag(const std::string& rdata) {
    std::uint32_t ac = 0;
    for (std::size_t i = 0; i < rdata.size(); ++i)
        ac += (i & 1) != 0 ? static_cast<unsigned char>(rdata[i])
                           : static_cast<std::uint32_t>(static_cast<unsigned char>(rdata[i])) << 8;
    ac += (ac >> 16) & 0xFFFF;
    return static_cast<KeyTag>(ac & 0xFFFF);
}

RC_GTEST_PROP(Keys, TagFollowsTheRfc, (std::uint16_t flags, std::uint8_t protocol, const std::string& octets)) {
    const Dnskey dnskey{flags, protocol, 13, octets};
    RC_ASSERT(dnskey.tag() == reference_tag(dnskey.rdata()));
    RC_ASSERT((parse_dnskey(dnskey.rdata()) == dnskey));
}

} // namespace
} // namespace tutti::dnssec
