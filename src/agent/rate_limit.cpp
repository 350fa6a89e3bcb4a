#include "agent/rate_limit.hpp"

#include "dnssec/hash.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace tutti::agent {

std::uint64_t salted_hash(std::uint64_t salt, std::string_view octets) {
    std::string text(reinterpret_cast<const char*>(&salt), sizeof salt);
    text += octets;
    const std::string digest = dnssec::sha256_hex(text);
    std::uint64_t out = 0;
    std::from_chars(digest.data(), digest.data() + 16, out, 16);
    return out;
}

std::string source_key(std::string_view address) {
    const std::string text{address};
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return std::string(reinterpret_cast<const char*>(&v6), sizeof v6);
    return {reinterpret_cast<const char*>(&v6), 8};
}

RateLimit::RateLimit(Rate rate, std::uint64_t salt, std::size_t places)
    : rate_(rate), salt_(salt), buckets_(std::max<std::size_t>(places, 1), Bucket{rate.burst, kLongAgo}) {}

bool RateLimit::take(std::string_view who, Instant now) {
    Bucket& b = buckets_[salted_hash(salt_, who) % buckets_.size()];
    if (b.at != kLongAgo && now > b.at)
        b.tokens = std::min(rate_.burst, b.tokens + to_seconds(now - b.at) * rate_.per_minute / 60);
    b.at = std::max(b.at, now);
    if (b.tokens < 1) return false;
    b.tokens -= 1;
    return true;
}

} // namespace tutti::agent
