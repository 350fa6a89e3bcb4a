#include "scan/address.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace tutti::scan {

std::string SocketAddress::ip() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* raw = is_v6() ? static_cast<const void*>(&v6.sin6_addr) : static_cast<const void*>(&v4.sin_addr);
    return inet_ntop(any.sa_family, raw, text.data(), text.size()) != nullptr ? text.data() : "";
}

bool SocketAddress::operator==(const SocketAddress& other) const {
    if (any.sa_family != other.any.sa_family) return false;
    if (is_v6())
        return v6.sin6_port == other.v6.sin6_port &&
               std::memcmp(&v6.sin6_addr, &other.v6.sin6_addr, sizeof v6.sin6_addr) == 0;
    return v4.sin_port == other.v4.sin_port && v4.sin_addr.s_addr == other.v4.sin_addr.s_addr;
}

Expected<SocketAddress> socket_address(std::string_view ip, std::uint16_t port) {
    SocketAddress out;
    const std::string text{ip};
    if (in_addr v4{}; inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        out.v4 = sockaddr_in{};
        out.v4.sin_family = AF_INET;
        out.v4.sin_port = htons(port);
        out.v4.sin_addr = v4;
        return out;
    }
    if (inet_pton(AF_INET6, text.c_str(), &out.v6.sin6_addr) != 1)
        return fail(ErrorKind::invalid, "\"" + text + "\" is not an address");
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(port);
    return out;
}

} // namespace tutti::scan
