#pragma once
// Which addresses must never be contacted: private, loopback, reserved and multicast ones. A child names its servers
// itself, so without this it could point the parent's machine at the parent's own network.
#include "base/error.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tutti::accept {

// A block of addresses: "127.0.0.0/8", "fd00::/8".
struct Network {
    std::string octets; // 4 or 16
    unsigned bits = 0;
    bool operator==(const Network&) const = default;
};
Expected<Network> parse_network(std::string_view text);
std::string to_string(const Network& network);
bool contains(const Network& network, std::string_view address);

// An error says which block the address lies in. `allowed` are exceptions. Text that is no address is refused, too.
Expected<void> may_contact(std::string_view address, std::span<const Network> allowed = {});

} // namespace tutti::accept
