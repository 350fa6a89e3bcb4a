#include "scan/query.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace tutti::scan {

void Randomness::fill() {
    for (std::size_t got = 0; got < pool_.size();) {
        const ssize_t n = getrandom(pool_.data() + got, std::min<std::size_t>(pool_.size() - got, 256), 0);
        if (n <= 0) throw std::runtime_error("getrandom failed");
        got += static_cast<std::size_t>(n);
    }
    at_ = 0;
}

std::uint16_t Randomness::u16() {
    if (at_ + 2 > pool_.size()) fill();
    at_ += 2;
    return static_cast<std::uint16_t>(pool_[at_ - 2] << 8 | pool_[at_ - 1]);
}

std::uint64_t Randomness::u64() {
    if (at_ + 8 > pool_.size()) fill();
    std::uint64_t out = 0;
    std::memcpy(&out, pool_.data() + at_, sizeof out);
    at_ += sizeof out;
    return out;
}

void write_query(QueryWire& out, std::string_view name, dns::Type type, bool edns, Randomness& random,
                 std::uint16_t id) {
    auto* p = out.octets.data();
    const auto put16 = [&](std::uint16_t v) {
        *p++ = static_cast<std::uint8_t>(v >> 8);
        *p++ = static_cast<std::uint8_t>(v & 0xff);
    };
    put16(id);
    put16(0); // flags: a question, RD=0
    put16(1);
    put16(0);
    put16(0);
    put16(edns ? 1 : 0);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (i % 64 == 0) bits = random.u64();
        const auto c = static_cast<std::uint8_t>(name[i]);
        const bool letter = c >= 'a' && c <= 'z'; // a length octet is at most 63, below 'a'
        *p++ = static_cast<std::uint8_t>(c - (letter && (bits >> (i % 64) & 1) != 0 ? 32 : 0));
    }
    put16(static_cast<std::uint16_t>(type));
    put16(1);
    out.question_size = static_cast<std::uint16_t>(name.size() + 4);
    if (edns) { // RFC 6891: root, OPT, payload size, rcode and version, DO, no options
        constexpr std::array<std::uint8_t, 11> kOpt{0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0x80, 0, 0, 0};
        p = std::ranges::copy(kOpt, p).out;
    }
    out.size = static_cast<std::uint16_t>(p - out.octets.data());
}

} // namespace tutti::scan
