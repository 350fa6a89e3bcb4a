#include "dnssec/denial.hpp"
#include "dnssec/hash.hpp"

#include <gtest/gtest.h>

namespace tutti::dnssec {
namespace {

using dns::Type;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
dns::RrSet one(std::string_view owner, Type type, std::string_view text) {
    return {name(owner), type, 300, {dns::parse_rdata(type, text).value()}};
}
Denial nsec(std::string_view owner, std::string_view types, Type type, std::string_view asked = "a.example") {
    return denies_type(name("example"), one(owner, Type::NSEC, "z.example. " + std::string(types)), name(asked), type,
                       100);
}

TEST(Denial, NsecAtTheVeryName) {
    EXPECT_EQ(nsec("a.example", "A RRSIG NSEC", Type::AAAA), Denial::proved);
    EXPECT_EQ(nsec("a.example", "A RRSIG NSEC", Type::A), Denial::not_proved);
    EXPECT_EQ(nsec("a.example", "A TYPE1234", static_cast<Type>(1234)), Denial::not_proved);
    EXPECT_EQ(nsec("b.example", "A RRSIG NSEC", Type::AAAA), Denial::not_proved);
    EXPECT_EQ(nsec("a.other", "A RRSIG NSEC", Type::AAAA, "a.other"), Denial::not_proved);
}
TEST(Denial, AnAliasOrAZoneCutProvesNothing) {
    EXPECT_EQ(nsec("a.example", "CNAME RRSIG NSEC", Type::AAAA), Denial::not_proved);
    EXPECT_EQ(nsec("a.example", "NS RRSIG NSEC", Type::AAAA), Denial::not_proved);
    EXPECT_EQ(nsec("a.example", "NS SOA RRSIG NSEC", Type::AAAA), Denial::proved);
    EXPECT_EQ(nsec("a.example", "NS RRSIG NSEC", Type::DS), Denial::proved);
}
TEST(Denial, MalformedProvesNothing) {
    auto set = one("a.example", Type::NSEC, "z.example. A");
    for (const std::string_view bitmap : {std::string_view{"\0", 1}, std::string_view{"\0\0", 2},
                                          std::string_view{"\0\x22", 2}, std::string_view{"\1\1\1\0\1\1", 6}}) {
        set.rdata[0] = std::string("\1z\7example\0", 11) + std::string(bitmap);
        EXPECT_EQ(denies_type(name("example"), set, name("a.example"), Type::AAAA, 100), Denial::not_proved);
    }
}
// RFC 5155 appendix A: the hash of "example." with 12 iterations and the salt aabbccdd.
TEST(Denial, Nsec3OfTheStandard) {
    const auto set = one("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example", Type::NSEC3,
                         "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG");
    EXPECT_EQ(denies_type(name("example"), set, name("example"), Type::AAAA, 12), Denial::proved);
    EXPECT_EQ(denies_type(name("example"), set, name("example"), Type::MX, 12), Denial::not_proved);
    EXPECT_EQ(denies_type(name("example"), set, name("a.example"), Type::AAAA, 12), Denial::not_proved);
    EXPECT_EQ(denies_type(name("example"), set, name("example"), Type::AAAA, 11), Denial::too_costly);
}

// FIPS 180-4, the example "abc".
TEST(Hash, Sha256) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_NE(sha256_hex(""), sha256_hex(std::string_view("\0", 1)));
}

} // namespace
} // namespace tutti::dnssec
