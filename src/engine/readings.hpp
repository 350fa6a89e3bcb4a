#pragma once
// What was read of one signer's zone in full (AXFR or API), by SOA serial. Servers that trail behind serve older
// serials: what they serve is known if it was read, or lies between two that were read.
#include "base/time.hpp"
#include "model/observation.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace tutti::engine {

struct Reading {
    std::optional<std::uint32_t> serial;       // absent: the interface does not tell; then it counts for every serial
    std::vector<model::Signatures> signatures; // the different ones
    dns::Ttl ttl_max = 0;
};

class Readings {
  public:
    static constexpr std::size_t kMost = 6;

    void add(Reading reading);
    // What a server with this serial serves at most. Nothing: not known.
    std::optional<Reading> at(std::optional<std::uint32_t> serial) const;
    bool empty() const { return all_.empty(); }
    // Serial of the newest reading.
    std::optional<std::uint32_t> newest() const;

  private:
    std::vector<Reading> all_; // oldest first
};

// RFC 1982: whether serial a comes before b.
bool serial_before(std::uint32_t a, std::uint32_t b);

} // namespace tutti::engine
