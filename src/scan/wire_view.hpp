#pragma once
// An answer read where it lies: no allocation, never beyond its end, no loop followed. It tells just enough to see that
// nothing would change at the parent; whatever it finds odd is read again, in full, by dns::parse_message().
#include "dns/record.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace tutti::scan {

using Octets = std::span<const std::uint8_t>;

struct WireView {
    static constexpr std::size_t kMaxItems = 24;

    std::uint16_t id = 0;
    bool response = false, authoritative = false, truncated = false, has_edns = false;
    std::uint8_t opcode = 0;
    std::uint16_t rcode = 0; // with the EDNS extension bits
    Octets question;         // name, type and class as they came; empty if there is none
    // RDATA of the answer section's records of the asked name and type.
    std::array<Octets, kMaxItems> items;
    std::size_t count = 0;
    std::uint16_t answers = 0; // in the answer section, of every type
    bool odd = false;          // something in the answer section that is neither that nor an RRSIG over it, or too much

    bool nodata() const { return rcode == 0 && answers == 0; }
};

// False if the message is malformed: cut short, octets after its end, a name that loops or is too long.
bool read_view(Octets message, WireView& view);

} // namespace tutti::scan
