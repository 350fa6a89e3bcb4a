#include "engine/readings.hpp"

#include <algorithm>

namespace tutti::engine {

bool serial_before(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t ahead = b - a;
    return ahead != 0 && ahead < 0x80000000U;
}

void Readings::add(Reading reading) {
    std::erase_if(all_, [&](const auto& r) { return r.serial == reading.serial; });
    all_.push_back(std::move(reading));
    if (all_.size() > kMost) all_.erase(all_.begin());
}

std::optional<std::uint32_t> Readings::newest() const {
    return all_.empty() ? std::nullopt : all_.back().serial;
}

// Between two readings signatures only come and go: what lies between is in one of them, or was made and replaced in
// the time between two looks, which the samples of that address show.
std::optional<Reading> Readings::at(std::optional<std::uint32_t> serial) const {
    const Reading *before = nullptr, *after = nullptr;
    for (const auto& r : all_) {
        if (!r.serial || r.serial == serial) return r;
        if (!serial) continue;
        if (serial_before(*r.serial, *serial) && (before == nullptr || serial_before(*before->serial, *r.serial)))
            before = &r;
        if (serial_before(*serial, *r.serial) && (after == nullptr || serial_before(*r.serial, *after->serial)))
            after = &r;
    }
    if (before == nullptr || after == nullptr) return std::nullopt;
    Reading both = *before;
    both.ttl_max = std::max(before->ttl_max, after->ttl_max);
    for (const auto& one : after->signatures)
        if (std::ranges::find(both.signatures, one) == both.signatures.end()) both.signatures.push_back(one);
    return both;
}

} // namespace tutti::engine
