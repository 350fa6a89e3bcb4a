#include "accept/addresses.hpp"

#include "dns/record.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tutti::accept {

namespace {

// 4 or 16 octets.
std::optional<std::string> octets_of(std::string_view address) {
    if (address.empty() || address.size() > 45 || address.find_first_of(" \t\\%") != std::string_view::npos)
        return std::nullopt;
    const bool six = address.find(':') != std::string_view::npos;
    auto rdata = dns::parse_rdata(six ? dns::Type::AAAA : dns::Type::A, address);
    if (!rdata || rdata->size() != (six ? 16 : 4)) return std::nullopt;
    return *std::move(rdata);
}

// `network` has at least `bits` bits.
bool inside(std::string_view octets, std::string_view network, unsigned bits) {
    const unsigned whole = bits / 8, rest = bits % 8;
    if (octets.substr(0, whole) != network.substr(0, whole)) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
    return (static_cast<unsigned char>(octets[whole]) & mask) == (static_cast<unsigned char>(network[whole]) & mask);
}

struct Block {
    std::string_view octets; // as many as there are, then zeros
    unsigned bits;
    std::string_view text, what;
};

using namespace std::string_view_literals;

// The IANA special-purpose registries (RFC 6890) and multicast. 192.88.99.0/24 (6to4 relays) was withdrawn.
constexpr Block kBlocks4[] = {{"\0"sv, 8, "0.0.0.0/8", "\"this network\""},
                              {"\x0a"sv, 8, "10.0.0.0/8", "private"},
                              {"\x64\x40"sv, 10, "100.64.0.0/10", "shared (RFC 6598)"},
                              {"\x7f"sv, 8, "127.0.0.0/8", "loopback"},
                              {"\xa9\xfe"sv, 16, "169.254.0.0/16", "link-local"},
                              {"\xac\x10"sv, 12, "172.16.0.0/12", "private"},
                              {"\xc0\0\0"sv, 24, "192.0.0.0/24", "reserved"},
                              {"\xc0\0\2"sv, 24, "192.0.2.0/24", "documentation"},
                              {"\xc0\x58\x63"sv, 24, "192.88.99.0/24", "reserved"},
                              {"\xc0\xa8"sv, 16, "192.168.0.0/16", "private"},
                              {"\xc6\x12"sv, 15, "198.18.0.0/15", "benchmarking"},
                              {"\xc6\x33\x64"sv, 24, "198.51.100.0/24", "documentation"},
                              {"\xcb\0\x71"sv, 24, "203.0.113.0/24", "documentation"},
                              {"\xe0"sv, 4, "224.0.0.0/4", "multicast"},
                              {"\xf0"sv, 4, "240.0.0.0/4", "reserved"}};
constexpr Block kBlocks6[] = {
    // What stands for an IPv4 address (RFC 4291 2.5.5.2, RFC 6052).
    {"\0\0\0\0\0\0\0\0\0\0\xff\xff"sv, 96, "::ffff:0:0/96", "translated"},
    {"\0\x64\xff\x9b\0\0\0\0\0\0\0\0"sv, 96, "64:ff9b::/96", "translated"},
    {"\xff"sv, 8, "ff00::/8", "multicast"},
    {"\xfe\x80"sv, 10, "fe80::/10", "link-local"},
    {"\xfc"sv, 7, "fc00::/7", "private"},
    {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv, 128, "::1/128", "loopback"},
    // These lie in the public block (2000::/3) and are not for servers either.
    {"\x20\x01\0"sv, 23, "2001::/23", "reserved"},
    {"\x20\x01\x0d\xb8"sv, 32, "2001:db8::/32", "documentation"},
    {"\x20\x02"sv, 16, "2002::/16", "6to4"},
    {"\x3f\xff\0"sv, 20, "3fff::/20", "documentation"}};

std::optional<std::string> forbidden(std::string_view octets) {
    const bool six = octets.size() == 16;
    for (const auto& block : six ? std::span<const Block>{kBlocks6} : std::span<const Block>{kBlocks4})
        if (inside(octets, block.octets, block.bits)) return fmt::format("{} address ({})", block.what, block.text);
    if (six && !inside(octets, "\x20"sv, 3)) return "address outside the public block (2000::/3)";
    return std::nullopt;
}

} // namespace

Expected<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto octets = octets_of(text.substr(0, slash));
    if (!octets)
        return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a block of addresses", text), {},
                    "Write it like 127.0.0.0/8 or fd00::/8");
    Network out{*octets, static_cast<unsigned>(octets->size() * 8)};
    if (slash == std::string_view::npos) return out;
    const std::string_view bits = text.substr(slash + 1);
    const unsigned most = out.bits;
    const auto [at, ec] = std::from_chars(bits.data(), bits.data() + bits.size(), out.bits);
    if (ec != std::errc{} || at != bits.data() + bits.size() || out.bits > most)
        return fail(ErrorKind::invalid, fmt::format("\"{}\": the length after / is not 0 to {}", text, most));
    return out;
}

std::string to_string(const Network& network) {
    return fmt::format("{}/{}",
                       dns::rdata_text(network.octets.size() == 4 ? dns::Type::A : dns::Type::AAAA, network.octets),
                       network.bits);
}

bool contains(const Network& network, std::string_view address) {
    const auto octets = octets_of(address);
    return octets && octets->size() == network.octets.size() && inside(*octets, network.octets, network.bits);
}

Expected<void> may_contact(std::string_view address, std::span<const Network> allowed) {
    const auto octets = octets_of(address);
    if (!octets) return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an address", address.substr(0, 60)));
    for (const auto& network : allowed)
        if (contains(network, address)) return {};
    if (const auto why = forbidden(*octets))
        return fail(ErrorKind::refused, fmt::format("{} is a {}", address, *why), {},
                    "Give the name server a public address");
    return {};
}

} // namespace tutti::accept
