#include "dnssec/verify.hpp"

#include "dnssec/signer_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace tutti::dnssec {
namespace {

using dns::Name;
using dns::RrSet;
using dns::Type;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestSigner;

Name name(std::string_view text) {
    return Name::parse(text).value();
}
Instant at(const char* text) {
    return parse_rfc3339(text).value();
}
const Name kZone = name("example.com");
const Instant kNow = at("2026-11-24T12:00:00Z");
const Instant kFrom = kNow - seconds(3600), kUntil = kNow + seconds(86400);

RrSet set_of(std::string_view owner, Type type, std::vector<std::string_view> texts, dns::Ttl ttl = 3600) {
    RrSet set{name(owner), type, ttl, {}};
    for (auto text : texts) set.rdata.push_back(dns::parse_rdata(type, text).value());
    std::sort(set.rdata.begin(), set.rdata.end());
    return set;
}
Rrsig sig_by(const TestSigner& signer, const RrSet& set, Instant from = kFrom, Instant until = kUntil) {
    return parse_rrsig(signer.sign(set, from, until), kNow).value();
}
const RrSet kMx = set_of("example.com", Type::MX, {"10 mail.example.com.", "20 Backup.Example.com."});

struct Example {
    const char* what;
    RrSet set;
    const char *rrsig, *dnskey, *time;
};

TEST(Verify, ExamplesOfTheRfcs) {
    const RrSet a = set_of("www.example.net", Type::A, {"192.0.2.1"}),
                a91 = set_of("www.example.net", Type::A, {"192.0.2.91"});
    const std::vector<Example> examples{
        {"RFC 6605 P-256", a,
         "A 13 3 3600 20100909100439 20100812100439 55648 example.net. "
         "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
         "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
         "2010-09-01T00:00:00Z"},
        {"RFC 6605 P-384", a,
         "A 14 3 3600 20100909102025 20100812102025 10771 example.net. "
         "/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzus"
         "dnI0RSM"
         "ROxxwGipWcJm",
         "257 3 14 "
         "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glu"
         "r8I/mlVNgF6W/qTI37m40",
         "2010-09-01T00:00:00Z"},
        {"RFC 5702 RSA/SHA-256", a91,
         "A 8 3 3600 20300101000000 20000101000000 9033 example.net. "
         "kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==",
         "256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
         "2026-11-24T00:00:00Z"},
        {"RFC 5702 RSA/SHA-512", a91,
         "A 10 3 3600 20300101000000 20000101000000 3740 example.net. "
         "tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/"
         "zpq+9fOuagYJRfDqfReKBzM"
         "weOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
         "256 3 10 "
         "AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ"
         "5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
         "2026-11-24T00:00:00Z"},
        {"RFC 8080 Ed25519", set_of("example.com", Type::MX, {"10 mail.example.com."}),
         "MX 15 2 3600 20150819220000 20150729220000 3613 example.com. "
         "oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
         "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", "2015-08-01T00:00:00Z"},
        {"RFC 8080 Ed448", set_of("example.com", Type::MX, {"10 mail.example.com."}),
         "MX 16 2 3600 20150819220000 20150729220000 9713 example.com. "
         "3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/"
         "07+4RQvE581N3A"
         "j/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA",
         "257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
         "2015-08-01T00:00:00Z"}};
    for (const auto& e : examples) {
        const Instant now = at(e.time);
        const auto sig = parse_rrsig(dns::parse_rdata(Type::RRSIG, e.rrsig).value(), now);
        const auto key = parse_dnskey(dns::parse_rdata(Type::DNSKEY, e.dnskey).value());
        ASSERT_TRUE(sig && key) << e.what;
        EXPECT_EQ(key->tag(), sig->tag) << e.what;
        EXPECT_EQ(verify(e.set, *sig, *key, now), SigStatus::valid) << e.what;
        EXPECT_EQ(verify(e.set, *sig, *key, sig->expiration + seconds(1)), SigStatus::expired) << e.what;
    }
}

class VerifyAlgorithm : public ::testing::TestWithParam<int> {};

TEST_P(VerifyAlgorithm, SignedElsewhereVerifiedHere) {
    const TestSigner signer{kZone, static_cast<std::uint8_t>(GetParam())};
    const Rrsig sig = sig_by(signer, kMx);
    EXPECT_EQ(sig.algorithm, GetParam());
    EXPECT_EQ(sig.tag, signer.key().tag());
    EXPECT_EQ(sig.signer, kZone);
    EXPECT_EQ(sig.inception, kFrom);
    EXPECT_EQ(sig.expiration, kUntil);
    EXPECT_EQ(verify(kMx, sig, signer.key(), kNow), SigStatus::valid);

    RrSet other_ttl = kMx;
    other_ttl.ttl = 17; // a cache counts down; the original TTL is signed
    EXPECT_EQ(verify(other_ttl, sig, signer.key(), kNow), SigStatus::valid);
    RrSet other_data = kMx;
    other_data.rdata.pop_back();
    EXPECT_EQ(verify(other_data, sig, signer.key(), kNow), SigStatus::bad_signature);
    Rrsig tampered = sig;
    tampered.raw.back() = static_cast<char>(tampered.raw.back() ^ 1);
    EXPECT_EQ(verify(kMx, tampered, signer.key(), kNow), SigStatus::bad_signature);
    Rrsig cut = sig;
    cut.raw.resize(cut.raw.size() - 5);
    EXPECT_EQ(verify(kMx, cut, signer.key(), kNow), SigStatus::bad_signature);
}
INSTANTIATE_TEST_SUITE_P(All, VerifyAlgorithm, ::testing::Values(8, 10, 13, 14, 15, 16));

TEST(Verify, EcdsaRefusesWhatIsNoPointAndNoPairOfNumbers) {
    for (const std::uint8_t algorithm : {std::uint8_t{13}, std::uint8_t{14}}) {
        const TestSigner signer{kZone, algorithm};
        const Rrsig sig = sig_by(signer, kMx);
        ASSERT_EQ(verify(kMx, sig, signer.key(), kNow), SigStatus::valid);
        const std::size_t half = algorithm == 13 ? 32 : 48, begin = sig.raw.size() - 2 * half;
        // 0 and 2^n - 1 are outside of the range of r and s, which ends below the order of the curve.
        for (const char filling : {'\0', '\xff'})
            for (const std::size_t from : {begin, begin + half}) {
                Rrsig wrong = sig;
                wrong.raw.replace(from, half, std::string(half, filling));
                EXPECT_EQ(verify(kMx, wrong, signer.key(), kNow), SigStatus::bad_signature);
            }
        Rrsig all_zero = sig;
        all_zero.raw.replace(begin, 2 * half, std::string(2 * half, '\0'));
        EXPECT_EQ(verify(kMx, all_zero, signer.key(), kNow), SigStatus::bad_signature);
        Rrsig longer = sig; // a number with a zero in front is the same number, and another form
        longer.raw.insert(begin, 1, '\0');
        EXPECT_EQ(verify(kMx, longer, signer.key(), kNow), SigStatus::bad_signature);

        for (const auto& public_key : {std::string(2 * half, '\1'), std::string(2 * half, '\0'),
                                       std::string(2 * half, '\xff'), signer.key().public_key.substr(1)}) {
            Dnskey no_point = signer.key();
            no_point.public_key = public_key;
            Rrsig by_it = sig;
            by_it.tag = no_point.tag();
            EXPECT_EQ(verify(kMx, by_it, no_point, kNow), SigStatus::bad_signature);
        }
    }
}

TEST(Verify, Time) {
    const TestSigner signer{kZone, 13};
    const Rrsig sig = sig_by(signer, kMx);
    EXPECT_EQ(verify(kMx, sig, signer.key(), kFrom), SigStatus::valid) << "both ends belong to the interval";
    EXPECT_EQ(verify(kMx, sig, signer.key(), kUntil), SigStatus::valid);
    EXPECT_EQ(verify(kMx, sig, signer.key(), kFrom - seconds(1)), SigStatus::not_yet_valid);
    EXPECT_EQ(verify(kMx, sig, signer.key(), kUntil + seconds(1)), SigStatus::expired);
}

TEST(Verify, TimesBeyond2106) { // RFC 4034 3.1.5: serial arithmetic
    const Instant now = at("2106-02-07T06:28:10Z"), from = now - seconds(100), until = now + seconds(100);
    const TestSigner signer{kZone, 15};
    dns::Rdata raw = signer.sign(kMx, from, at("1970-01-01T00:01:34Z")); // 32 bits have wrapped around
    const auto sig = parse_rrsig(raw, now);
    ASSERT_TRUE(sig.has_value());
    EXPECT_EQ(sig->inception, from);
    EXPECT_GT(sig->expiration, now);
    EXPECT_LE(sig->expiration, until + seconds(100));
    EXPECT_EQ(verify(kMx, *sig, signer.key(), now), SigStatus::valid);
}

TEST(Verify, WildcardExpansion) { // RFC 4035 5.3.2
    const TestSigner signer{kZone, 13};
    const RrSet wildcard = set_of("*.example.com", Type::A, {"192.0.2.1"});
    const Rrsig sig = sig_by(signer, wildcard);
    EXPECT_EQ(sig.labels, 2);
    EXPECT_EQ(verify(wildcard, sig, signer.key(), kNow), SigStatus::valid);
    EXPECT_EQ(verify(set_of("www.example.com", Type::A, {"192.0.2.1"}), sig, signer.key(), kNow), SigStatus::valid);
    EXPECT_EQ(verify(set_of("a.b.example.com", Type::A, {"192.0.2.1"}), sig, signer.key(), kNow), SigStatus::valid);
    EXPECT_EQ(verify(set_of("example.com", Type::A, {"192.0.2.1"}), sig, signer.key(), kNow), SigStatus::bad_signature);
    EXPECT_EQ(verify(set_of("www.example.net", Type::A, {"192.0.2.1"}), sig, signer.key(), kNow),
              SigStatus::bad_signature);
}

TEST(Verify, WhoMaySign) { // RFC 4035 5.3.1
    const TestSigner signer{kZone, 13}, other{kZone, 13};
    const Rrsig sig = sig_by(signer, kMx);
    EXPECT_EQ(verify(kMx, sig, other.key(), kNow), SigStatus::no_key);
    Dnskey no_zone_key = signer.key();
    no_zone_key.flags = 1;
    EXPECT_EQ(verify(kMx, sig, no_zone_key, kNow), SigStatus::no_key);
    Dnskey other_protocol = signer.key();
    other_protocol.protocol = 2;
    EXPECT_EQ(verify(kMx, sig, other_protocol, kNow), SigStatus::no_key);
    const TestSigner stranger{name("evil.net"), 13};
    EXPECT_EQ(verify(kMx, sig_by(stranger, kMx), stranger.key(), kNow), SigStatus::bad_signature);
    const RrSet ns = set_of("example.com", Type::NS, {"ns1.example.com."});
    EXPECT_EQ(verify(ns, sig, signer.key(), kNow), SigStatus::bad_signature) << "covers another type";
    EXPECT_EQ(verify(RrSet{kZone, Type::MX, 3600, {}}, sig, signer.key(), kNow), SigStatus::bad_signature);
}

TEST(Verify, Sha1AndUnknownAlgorithmsAreUnsupported) {
    const TestSigner rsa{kZone, 5};
    EXPECT_EQ(verify(kMx, sig_by(rsa, kMx), rsa.key(), kNow), SigStatus::unsupported);
    const TestSigner signer{kZone, 13};
    for (const int algorithm : {1, 3, 6, 7, 12, 17, 253}) {
        Rrsig sig = sig_by(signer, kMx);
        sig.algorithm = static_cast<std::uint8_t>(algorithm);
        EXPECT_EQ(verify(kMx, sig, signer.key(), kNow), SigStatus::unsupported);
    }
}

TEST(Verify, HugeRsaKeysCostNothing) {
    const TestSigner signer{kZone, 8};
    Rrsig sig = sig_by(signer, kMx);
    const Dnskey huge{257, 3, 8, "\3\1\0\1" + std::string(8000, '\xff')};
    sig.tag = huge.tag();
    EXPECT_EQ(verify(kMx, sig, huge, kNow), SigStatus::unsupported);
}

TEST(SignersOf, FindsEachKeyThatSigns) {
    const TestSigner blue{kZone, 13}, green{kZone, 15}, red{kZone, 13};
    const std::vector<Dnskey> keys{red.key(), blue.key(), green.key()};
    const std::vector<Rrsig> sigs{sig_by(green, kMx, kFrom, kUntil), sig_by(blue, kMx, kFrom, kUntil - seconds(60))};
    const SignedBy by = signers_of(kMx, sigs, keys, kNow);
    EXPECT_THAT(by.keys, ElementsAre(2, 1));
    EXPECT_EQ(by.expires, kUntil - seconds(60));
    EXPECT_EQ(by.worst, std::nullopt);
    EXPECT_EQ(by.problem, "");
}

TEST(SignersOf, SaysWhyASignatureDoesNotCount) {
    const TestSigner blue{kZone, 13}, green{kZone, 13};
    const std::vector<Dnskey> keys{blue.key()};
    const auto problem = [&](const std::vector<Rrsig>& sigs, Instant now = kNow) {
        return signers_of(kMx, sigs, keys, now);
    };
    EXPECT_THAT(problem({}).problem, HasSubstr("no RRSIG over example.com. MX"));
    EXPECT_EQ(problem({}).worst, std::nullopt);
    const SignedBy both = problem({sig_by(blue, kMx), sig_by(green, kMx)});
    EXPECT_THAT(both.keys, ElementsAre(0));
    EXPECT_EQ(both.worst, SigStatus::no_key);
    EXPECT_THAT(both.problem, HasSubstr("not among the keys"));
    const SignedBy expired = problem({sig_by(green, kMx), sig_by(blue, kMx)}, kUntil + seconds(1));
    EXPECT_THAT(expired.keys, IsEmpty());
    EXPECT_EQ(expired.worst, SigStatus::expired);
    EXPECT_THAT(expired.problem, HasSubstr("expired 2026-11-25T12:00:00"));
    EXPECT_EQ(problem({sig_by(blue, kMx, kNow + seconds(10))}).worst, SigStatus::not_yet_valid);
    Rrsig bad = sig_by(blue, kMx);
    bad.raw.back() = static_cast<char>(bad.raw.back() ^ 1);
    EXPECT_EQ(problem({bad, sig_by(green, kMx)}).worst, SigStatus::bad_signature);
}

// What was made ready for one child's keys serves for another's.
TEST(KeyShelf, AKeyIsNeverTakenForAnother) {
    const TestSigner blue{kZone, 13}, green{kZone, 13};
    const Rrsig by_blue = sig_by(blue, kMx), by_green = sig_by(green, kMx);
    Rrsig forged = by_green; // says that it is blue's
    forged.tag = by_blue.tag;
    forged.raw.replace(16, 2, by_blue.raw, 16, 2);
    KeyShelf shelf;
    for (int child = 0; child < 3; ++child) {
        shelf.clear();
        EXPECT_EQ(verify(kMx, by_blue, blue.key(), kNow, &shelf), SigStatus::valid);
        EXPECT_EQ(verify(kMx, forged, blue.key(), kNow, &shelf), SigStatus::bad_signature);
        if (child > 0) EXPECT_EQ(verify(kMx, by_green, green.key(), kNow, &shelf), SigStatus::valid);
        Dnskey off_curve = blue.key();
        off_curve.public_key.back() = static_cast<char>(off_curve.public_key.back() ^ 1);
        Rrsig odd = by_blue;
        odd.tag = off_curve.tag();
        odd.raw[16] = static_cast<char>(odd.tag >> 8);
        odd.raw[17] = static_cast<char>(odd.tag & 0xff);
        EXPECT_EQ(verify(kMx, odd, off_curve, kNow, &shelf), SigStatus::bad_signature);
        EXPECT_EQ(verify(kMx, by_green, green.key(), kNow, &shelf), SigStatus::valid);
    }
}

// A key with other octets but the same tag: swapping two words of the sum keeps it.
Dnskey same_tag(Dnskey key, std::size_t i) {
    std::swap(key.public_key[i], key.public_key[i + 2]);
    return key;
}

TEST(SignersOf, TriesAllKeysOfOneTag) { // RFC 4035 5.3.1
    const TestSigner signer{kZone, 15};
    std::vector<Dnskey> keys;
    // Where the two octets happen to be equal, the key would be the signer's own.
    for (std::size_t i = 0; i < 30 && keys.size() < 10; ++i)
        if (const Dnskey other = same_tag(signer.key(), i); other.public_key != signer.key().public_key)
            keys.push_back(other);
    keys.push_back(signer.key());
    ASSERT_EQ(keys.size(), 11U);
    ASSERT_EQ(keys[0].tag(), signer.key().tag());
    const std::vector<Rrsig> sigs{sig_by(signer, kMx)};
    EXPECT_THAT(signers_of(kMx, sigs, keys, kNow).keys, ElementsAre(10));
    EXPECT_EQ(signers_of(kMx, sigs, keys, kNow).worst, std::nullopt);
}

TEST(SignersOf, WorkIsBounded) { // CVE-2023-50387
    const TestSigner signer{kZone, 15};
    std::vector<Dnskey> keys;
    for (std::size_t i = 0; i < 28; ++i) keys.push_back(same_tag(signer.key(), i));
    Rrsig bad = sig_by(signer, kMx);
    bad.raw.back() = static_cast<char>(bad.raw.back() ^ 1);
    const std::vector<Rrsig> sigs(100, bad);
    const SignedBy by = signers_of(kMx, sigs, keys, kNow);
    EXPECT_THAT(by.keys, IsEmpty());
    EXPECT_EQ(by.worst, SigStatus::bad_signature);
}

TEST(Rrsig, FoundInASection) {
    const TestSigner signer{kZone, 13};
    const RrSet a = set_of("www.example.com", Type::A, {"192.0.2.1"});
    const std::vector<dns::Record> section{{kZone, Type::MX, 60, kMx.rdata[0]},
                                           {kZone, Type::RRSIG, 60, signer.sign(kMx, kFrom, kUntil)},
                                           {a.owner, Type::RRSIG, 60, signer.sign(a, kFrom, kUntil)},
                                           {kZone, Type::RRSIG, 60, "broken"}};
    ASSERT_EQ(signatures_over(section, kZone, Type::MX, kNow).size(), 1U);
    EXPECT_EQ(signatures_over(section, kZone, Type::A, kNow).size(), 0U);
    EXPECT_EQ(signatures_over(section, a.owner, Type::A, kNow).at(0).labels, 3);
}

RC_GTEST_PROP(Verify, MutatedSignaturesAndKeysNeverVerify, ()) {
    static const TestSigner signer{kZone, static_cast<std::uint8_t>(13)};
    static const dns::Rdata valid = signer.sign(kMx, kFrom, kUntil);
    dns::Rdata raw = valid;
    const auto i = *rc::gen::inRange<std::size_t>(0, raw.size());
    const int flip = *rc::gen::inRange(1, 256);
    raw[i] = static_cast<char>(raw[i] ^ flip);
    // Upper and lower case of the signer's name mean the same.
    const bool same_name = flip == 0x20 && i >= 18 && i < 18 + kZone.text().size() + 1;
    if (const auto sig = parse_rrsig(raw, kNow); sig && !(same_name && sig->signer == kZone))
        RC_ASSERT((verify(kMx, *sig, signer.key(), kNow) != SigStatus::valid));
    Dnskey key = signer.key();
    const auto k = *rc::gen::inRange<std::size_t>(0, key.public_key.size());
    key.public_key[k] = static_cast<char>(key.public_key[k] ^ *rc::gen::inRange(1, 256));
    Rrsig sig = parse_rrsig(valid, kNow).value();
    sig.tag = key.tag();
    RC_ASSERT((verify(kMx, sig, key, kNow) != SigStatus::valid));
}

RC_GTEST_PROP(Verify, AnyRdataSurvives, (const std::string& octets, const std::string& key_octets)) {
    const RrSet set{kZone, Type::MX, 60, {octets}};
    const std::uint8_t algorithm = *rc::gen::element<std::uint8_t>(8, 10, 13, 14, 15, 16);
    const Dnskey key{257, 3, algorithm, key_octets};
    Rrsig sig{Type::MX, algorithm, 2, 60, kFrom, kUntil, key.tag(), kZone, octets};
    RC_ASSERT((verify(set, sig, key, kNow) != SigStatus::valid));
    (void)parse_rrsig(octets, kNow);
}

} // namespace
} // namespace tutti::dnssec
