#pragma once
// Questions as octets, made without allocation: a random ID and the name in random case (draft-vixie-dnsext-dns0x20),
// which an off-path attacker has to guess beside the port.
#include "scan/wire_view.hpp"

#include <array>
#include <string_view>

namespace tutti::scan {

// Random numbers of the kernel, many at a time.
class Randomness {
  public:
    std::uint16_t u16();
    std::uint64_t u64();
    // Below `limit`, which is not 0.
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(u64() % limit); }

  private:
    void fill();
    std::array<std::uint8_t, 4096> pool_{};
    std::size_t at_ = pool_.size();
};

struct QueryWire {
    std::array<std::uint8_t, 12 + 255 + 4 + 11> octets;
    std::uint16_t size = 0, question_size = 0;

    Octets message() const { return {octets.data(), size}; }
    // Name (in the case in which it was sent), type, class: what an answer must repeat.
    Octets question() const { return {octets.data() + 12, question_size}; }
};

// RD=0; with EDNS: DO=1 and 1232 octets. `name` is in wire form.
void write_query(QueryWire& out, std::string_view name, dns::Type type, bool edns, Randomness& random,
                 std::uint16_t id);

} // namespace tutti::scan
