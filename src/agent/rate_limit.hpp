#pragma once
// How often somebody may: a table of fixed size, so that nobody can fill it. Two that share a place share its limit.
// Pure.
#include "base/time.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tutti::agent {

struct Rate {
    double per_minute = 60;
    double burst = 10; // at once, after a silence
};

class RateLimit {
  public:
    // `salt`: nobody outside knows it, so nobody can aim at the place of another one.
    RateLimit(Rate rate, std::uint64_t salt, std::size_t places = 1U << 16);
    // False: too often. Counts only what it lets through.
    bool take(std::string_view who, Instant now);

  private:
    struct Bucket {
        double tokens;
        Instant at;
    };
    Rate rate_;
    std::uint64_t salt_;
    std::vector<Bucket> buckets_;
};

// Who a source address counts as: an IPv4 address; of IPv6 the first 64 bits, since whoever has one has them all.
std::string source_key(std::string_view address);
// A salted hash (SipHash-like in use: the salt is secret), the same for the same salt for ever.
std::uint64_t salted_hash(std::uint64_t salt, std::string_view octets);

} // namespace tutti::agent
