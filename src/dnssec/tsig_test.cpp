#include "dnssec/tsig.hpp"

#include "dns/ldns_ptr.hpp"
#include "dnssec/tsig_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>

namespace tutti::dnssec {
namespace {

using Bytes = std::vector<std::uint8_t>;
using ::testing::HasSubstr;
using testing::TsigServer;

constexpr const char* kSecret = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";
const TsigKey kKey = make_tsig_key("blue.key", "hmac-sha256", kSecret).value();
const TsigKey kOther = make_tsig_key("blue.key", "hmac-sha256", "b3RoZXIgc2VjcmV0").value();
const Instant kNow = parse_rfc3339("2026-11-24T12:00:00Z").value();
dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
Bytes query() {
    return dns::compose_query(0x1234, {name("example"), dns::Type::SOA}, false, dns::Edns{});
}
Bytes answer() {
    Bytes wire = query();
    wire[2] = 0x84;
    return wire;
}
std::string reason(const Expected<void>& result) {
    return result ? "accepted" : result.error().text();
}

struct Exchange {
    Bytes request, reply, request_mac, reply_mac;
};
Exchange exchange(const TsigKey& key, Instant now = kNow) {
    Exchange e;
    e.request = tsig_sign(query(), key, now, e.request_mac).value();
    e.reply_mac = e.request_mac;
    e.reply = TsigServer{key, now}.sign(answer(), e.reply_mac);
    return e;
}

TEST(Tsig, ReadsKeys) {
    EXPECT_EQ(kKey.secret, "12345678901234567890123456789012");
    EXPECT_EQ(make_tsig_key("k", "HMAC-SHA512.", "YQ==").value().secret, "a");
    EXPECT_EQ(make_tsig_key("k", "hmac-sha384", " YWI=\n").value().algorithm, "hmac-sha384");
    EXPECT_EQ(make_tsig_key("k", "hmac-md5", kSecret).error().kind, ErrorKind::unsupported);
    for (const char* bad : {"", "YQ", "YQ=", "=YQ=", "Y===", "!!!!", "YQ==YQ=="}) {
        const auto key = make_tsig_key("k", "hmac-sha256", bad);
        ASSERT_FALSE(key.has_value()) << bad;
        EXPECT_EQ(key.error().kind, ErrorKind::invalid);
        if (*bad != 0) EXPECT_THAT(key.error().text(), ::testing::Not(HasSubstr(bad)));
    }
    EXPECT_FALSE(make_tsig_key("a..b", "hmac-sha256", kSecret).has_value());
}

TEST(Tsig, SignsAndVerifies) {
    for (const char* algorithm : {"hmac-sha256", "hmac-sha384", "hmac-sha512"}) {
        const TsigKey key = make_tsig_key("blue.key", algorithm, kSecret).value();
        const Exchange e = exchange(key);
        EXPECT_TRUE(dns::parse_message(e.request)->has_tsig);
        EXPECT_EQ(reason(tsig_verify(e.reply, key, e.request_mac, kNow)), "accepted") << algorithm;
        EXPECT_EQ(reason(tsig_verify(e.request, key, {}, kNow)), "accepted") << algorithm;
    }
}

TEST(Tsig, IdMayChangeOnTheWay) { // RFC 8945 4.2: the original id is signed
    Exchange e = exchange(kKey);
    e.reply[0] ^= 0xff;
    EXPECT_EQ(reason(tsig_verify(e.reply, kKey, e.request_mac, kNow)), "accepted");
}

TEST(Tsig, RefusesWhatIsNotAuthentic) {
    const Exchange e = exchange(kKey);
    EXPECT_THAT(reason(tsig_verify(answer(), kKey, e.request_mac, kNow)), HasSubstr("unsigned"));
    EXPECT_THAT(reason(tsig_verify(e.reply, kOther, e.request_mac, kNow)), HasSubstr("BADSIG"));
    Bytes other_mac = e.request_mac;
    other_mac[0] ^= 1;
    EXPECT_THAT(reason(tsig_verify(e.reply, kKey, other_mac, kNow)), HasSubstr("BADSIG"));
    const TsigKey renamed = make_tsig_key("green.key", "hmac-sha256", kSecret).value();
    EXPECT_THAT(reason(tsig_verify(e.reply, renamed, e.request_mac, kNow)), HasSubstr("another TSIG key"));
    const TsigKey other_hash = make_tsig_key("blue.key", "hmac-sha512", kSecret).value();
    EXPECT_THAT(reason(tsig_verify(e.reply, other_hash, e.request_mac, kNow)), HasSubstr("another TSIG key"));
    EXPECT_EQ(tsig_verify(answer(), kKey, e.request_mac, kNow).error().kind, ErrorKind::bad_answer);
}

TEST(Tsig, WrongTimeNamesBothClocks) {
    const Exchange e = exchange(kKey, kNow - seconds(420));
    const auto late = tsig_verify(e.reply, kKey, e.request_mac, kNow);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().kind, ErrorKind::auth);
    EXPECT_THAT(late.error().text(), HasSubstr("BADTIME"));
    EXPECT_THAT(late.error().text(), HasSubstr("2026-11-24T11:53:00.000Z"));
    EXPECT_THAT(late.error().text(), HasSubstr("2026-11-24T12:00:00.000Z"));
    EXPECT_THAT(late.error().text(), HasSubstr("7 min apart"));
    EXPECT_EQ(reason(tsig_verify(e.reply, kKey, e.request_mac, kNow - seconds(120))), "accepted")
        << "300 s are allowed";
}

Bytes with_error(std::uint16_t error) {
    Bytes reply = answer();
    reply[3] = 9; // NOTAUTH
    Bytes mac;
    return TsigServer{kKey, kNow}.sign(reply, mac, {.error = error, .send_mac = false});
}

TEST(Tsig, ErrorsOfTheServer) {
    const Exchange e = exchange(kKey);
    const auto bad_key = tsig_verify(with_error(17), kKey, e.request_mac, kNow);
    EXPECT_THAT(reason(bad_key), HasSubstr("BADKEY"));
    EXPECT_EQ(bad_key.error().kind, ErrorKind::auth);
    EXPECT_THAT(reason(tsig_verify(with_error(16), kKey, e.request_mac, kNow)), HasSubstr("BADSIG"));
    EXPECT_THAT(reason(tsig_verify(with_error(18), kKey, e.request_mac, kNow)),
                HasSubstr("signature of the answer is wrong"))
        << "BADTIME is signed";

    Bytes mac = e.request_mac;
    const Bytes signed_error =
        TsigServer{kKey, kNow}.sign(answer(), mac, {.error = 18, .other = std::string("\0\0\x6a\x05\x8e\x10", 6)});
    const auto bad_time = tsig_verify(signed_error, kKey, e.request_mac, kNow);
    EXPECT_EQ(bad_time.error().kind, ErrorKind::auth);
    EXPECT_THAT(reason(bad_time), HasSubstr("the server's clock says 2026-"));
}

TEST(Tsig, MalformedRecordsAreErrors) {
    const Exchange e = exchange(kKey);
    for (std::size_t size = 0; size < e.reply.size(); ++size) {
        const Bytes cut(e.reply.begin(), e.reply.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(tsig_verify(cut, kKey, e.request_mac, kNow).has_value());
    }
    Bytes longer = e.reply;
    longer.push_back(0);
    EXPECT_FALSE(tsig_verify(longer, kKey, e.request_mac, kNow).has_value());
}

RC_GTEST_PROP(Tsig, AnyChangeIsNoticed, ()) {
    static const Exchange e = exchange(kKey);
    Bytes reply = e.reply;
    const auto i = *rc::gen::inRange<std::size_t>(2, reply.size()); // the id is free, see above
    const auto flip = static_cast<std::uint8_t>(*rc::gen::inRange(1, 256));
    reply[i] = static_cast<std::uint8_t>(reply[i] ^ flip);
    const bool accepted = tsig_verify(reply, kKey, e.request_mac, kNow).has_value();
    // Upper and lower case of names, and class and TTL of the TSIG record, are not signed as they stand.
    const bool letter_case = flip == 0x20;
    const std::size_t tsig_at = e.reply.size() - 10 - 10 - (13 + 10 + 32 + 6);
    const bool class_or_ttl = i >= tsig_at + 10 + 2 && i < tsig_at + 10 + 8;
    RC_ASSERT(!accepted || letter_case || class_or_ttl);
}

TEST(TsigStream, ChainsMacs) { // RFC 8945 5.3.1
    Exchange e = exchange(kKey);
    TsigStream stream{kKey, e.request_mac};
    EXPECT_EQ(stream.add(e.reply, kNow), true);
    Bytes mac = e.reply_mac;
    const Bytes second = TsigServer{kKey, kNow}.sign(answer(), mac, {.timers_only = true});
    EXPECT_EQ(stream.add(second, kNow), true);
    EXPECT_TRUE(stream.finish().has_value());
    EXPECT_THAT(stream.add(second, kNow).error().text(), HasSubstr("BADSIG")) << "a message cannot be played twice";
}

TEST(TsigStream, UnsignedMessagesAreCoveredByTheNext) {
    const Exchange e = exchange(kKey);
    const Bytes plain = answer();
    Bytes mac = e.reply_mac;
    const Bytes last = TsigServer{kKey, kNow}.sign(answer(), mac, {.timers_only = true, .unsigned_before = plain});
    TsigStream good{kKey, e.request_mac};
    EXPECT_EQ(good.add(e.reply, kNow), true);
    EXPECT_EQ(good.add(plain, kNow), false);
    EXPECT_THAT(reason(good.finish()), HasSubstr("unsigned")) << "the last message must be signed";
    EXPECT_EQ(good.add(last, kNow), true);
    EXPECT_TRUE(good.finish().has_value());

    TsigStream tampered{kKey, e.request_mac};
    EXPECT_EQ(tampered.add(e.reply, kNow), true);
    Bytes changed = plain;
    changed[14] ^= 1;
    EXPECT_EQ(tampered.add(changed, kNow), false);
    EXPECT_THAT(tampered.add(last, kNow).error().text(), HasSubstr("BADSIG"));
}

TEST(TsigStream, SignaturesMustKeepComing) {
    const Exchange e = exchange(kKey);
    TsigStream unsigned_first{kKey, e.request_mac};
    EXPECT_FALSE(unsigned_first.add(answer(), kNow).has_value());
    EXPECT_FALSE(unsigned_first.finish().has_value());
    TsigStream stream{kKey, e.request_mac};
    ASSERT_TRUE(stream.add(e.reply, kNow).has_value());
    for (int i = 0; i < 99; ++i) ASSERT_EQ(stream.add(answer(), kNow), false);
    EXPECT_THAT(stream.add(answer(), kNow).error().text(), HasSubstr("100 messages"));
}

// Against another implementation, which takes the time from the machine's clock.
class TsigLdns : public ::testing::Test {
  protected:
    using Packet = std::unique_ptr<ldns_pkt, dns::LdnsFree<ldns_pkt_free>>;
    static Packet parse(const Bytes& wire) {
        ldns_pkt* packet = nullptr;
        EXPECT_EQ(ldns_wire2pkt(&packet, wire.data(), wire.size()), LDNS_STATUS_OK);
        return Packet{packet};
    }
    const Instant now_{std::chrono::seconds{std::time(nullptr)}};
};

TEST_F(TsigLdns, VerifiesOurs) {
    Bytes mac;
    const Bytes wire = tsig_sign(query(), kKey, now_, mac).value();
    const Packet packet = parse(wire);
    EXPECT_TRUE(ldns_pkt_tsig_verify(packet.get(), wire.data(), wire.size(), "blue.key.", kSecret, nullptr));
}

TEST_F(TsigLdns, SignsForUs) {
    const Packet packet = parse(query());
    ASSERT_EQ(ldns_pkt_tsig_sign(packet.get(), "blue.key.", kSecret, 300, "hmac-sha256.", nullptr), LDNS_STATUS_OK);
    std::uint8_t* raw = nullptr;
    std::size_t size = 0;
    ASSERT_EQ(ldns_pkt2wire(&raw, packet.get(), &size), LDNS_STATUS_OK);
    const Bytes wire(raw, raw + size);
    std::free(raw);
    EXPECT_EQ(reason(tsig_verify(wire, kKey, {}, now_)), "accepted");
}

} // namespace
} // namespace tutti::dnssec
