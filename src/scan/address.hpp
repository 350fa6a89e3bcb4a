#pragma once
// Addresses as the sockets take them.
#include "base/error.hpp"

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti::scan {

struct SocketAddress {
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    };
    SocketAddress() : v6{} {}
    bool is_v6() const { return any.sa_family == AF_INET6; }
    socklen_t size() const { return is_v6() ? sizeof v6 : sizeof v4; }
    std::string ip() const; // without the port
    // Address and port alike; an IPv6 scope is not looked at.
    bool operator==(const SocketAddress& other) const;
};

// `ip` is a literal, without brackets.
Expected<SocketAddress> socket_address(std::string_view ip, std::uint16_t port);

} // namespace tutti::scan
