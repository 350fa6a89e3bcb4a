#include "port/dns.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tutti::port {

namespace {

constexpr std::uint16_t kDnsPort = 53;

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an address: {}", text, why), {},
                "Write it like 192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or [2001:db8::1]:5353");
}

// The literal as the system writes it, so that two ways to write one address compare equal.
std::optional<std::string> canonical(int family, std::string_view literal) {
    unsigned char octets[sizeof(in6_addr)];
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(family, std::string{literal}.c_str(), octets) != 1) return std::nullopt;
    if (inet_ntop(family, octets, text, sizeof text) == nullptr) return std::nullopt;
    return std::string{text};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (ec != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

} // namespace

std::string Endpoint::text() const {
    if (port == kDnsPort) return address;
    return address.contains(':') ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

Expected<Endpoint> parse_endpoint(std::string_view text) {
    std::string_view host = text;
    std::optional<std::string_view> port_text;
    bool v6 = false;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return bad(text, "the closing bracket is missing");
        host = text.substr(1, close - 1);
        v6 = true;
        if (const auto rest = text.substr(close + 1); rest.starts_with(':'))
            port_text = rest.substr(1);
        else if (!rest.empty())
            return bad(text, "only :PORT may follow the bracket");
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        v6 = text.find(':', colon + 1) != std::string_view::npos;
        if (!v6) {
            host = text.substr(0, colon);
            port_text = text.substr(colon + 1);
        }
    }
    const auto address = host.contains('\0') ? std::nullopt : canonical(v6 ? AF_INET6 : AF_INET, host);
    if (!address) return bad(text, "neither an IPv4 nor an IPv6 address (names are not looked up here)");
    const auto port = port_text ? parse_port(*port_text) : kDnsPort;
    if (!port) return bad(text, "the port must be a number from 1 to 65535");
    return Endpoint{*address, *port};
}

} // namespace tutti::port
