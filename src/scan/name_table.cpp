#include "scan/name_table.hpp"

#include <sys/random.h>

#include <cstring>
#include <stdexcept>

namespace tutti::scan {

namespace {

constexpr std::size_t kFirstPlaces = 1024;

// 64 by 64 bits, folded: every bit of the result depends on every bit of both.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t low_low = (a & 0xffffffff) * (b & 0xffffffff), high_high = (a >> 32) * (b >> 32);
    const std::uint64_t cross = (a >> 32) * (b & 0xffffffff) + (low_low >> 32);
    const std::uint64_t other = (a & 0xffffffff) * (b >> 32) + (cross & 0xffffffff);
    high_high += (cross >> 32) + (other >> 32);
    low_low = (low_low & 0xffffffff) | other << 32;
    return low_low ^ high_high;
}

} // namespace

NameTable::NameTable() : places_(kFirstPlaces, kNoName) {
    if (getrandom(&seed_, sizeof seed_, 0) != sizeof seed_) throw std::runtime_error("getrandom failed");
}

std::uint64_t NameTable::hash(std::string_view wire) const {
    std::uint64_t h = seed_ ^ wire.size();
    for (; wire.size() >= 8; wire.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, wire.data(), 8);
        h = mix(h ^ word, 0x9e3779b97f4a7c15ULL);
    }
    std::uint64_t word = 0;
    std::memcpy(&word, wire.data(), wire.size());
    return mix(h ^ word ^ seed_, 0xd1b54a32d192ed03ULL);
}

// Where it is, or would be.
std::size_t NameTable::place(std::string_view wire) const {
    const std::size_t mask = places_.size() - 1;
    for (std::size_t i = hash(wire) & mask;; i = (i + 1) & mask)
        if (places_[i] == kNoName || at(places_[i]) == wire) return i;
}

std::uint32_t NameTable::find(std::string_view wire) const {
    return places_[place(wire)];
}

std::uint32_t NameTable::add(std::string_view wire) {
    const std::size_t i = place(wire);
    if (places_[i] != kNoName) return places_[i];
    if (octets_.size() + wire.size() + 1 > UINT32_MAX) throw std::length_error("too many names");
    const auto id = static_cast<std::uint32_t>(starts_.size());
    places_[i] = id;
    starts_.push_back(static_cast<std::uint32_t>(octets_.size()));
    octets_.push_back(static_cast<char>(wire.size()));
    octets_.append(wire);
    if (starts_.size() * 3 > places_.size() * 2) grow();
    return id;
}

void NameTable::grow() {
    places_.assign(places_.size() * 2, kNoName);
    for (std::uint32_t id = 0; id < starts_.size(); ++id) places_[place(at(id))] = id;
}

std::size_t NameTable::octets() const {
    return octets_.capacity() + (starts_.capacity() + places_.capacity()) * sizeof(std::uint32_t);
}

} // namespace tutti::scan
