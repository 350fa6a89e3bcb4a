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

bool inside(std::string_view octets, std::string_view network, unsigned bits) {
    if (octets.size() != network.size()) return false;
    const unsigned whole = bits / 8, rest = bits % 8;
    if (octets.substr(0, whole) != network.substr(0, whole)) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
    return (static_cast<unsigned char>(octets[whole]) & mask) == (static_cast<unsigned char>(network[whole]) & mask);
}

struct Block {
    std::string_view network, what;
};

// The IANA special-purpose registries (RFC 6890) and multicast. 192.88.99.0/24 (6to4 relays) was withdrawn.
constexpr Block kBlocks4[] = {
    {"0.0.0.0/8", "\"this network\""},   {"10.0.0.0/8", "private"},         {"100.64.0.0/10", "shared (RFC 6598)"},
    {"127.0.0.0/8", "loopback"},         {"169.254.0.0/16", "link-local"},  {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "reserved"},        {"192.0.2.0/24", "documentation"}, {"192.88.99.0/24", "reserved"},
    {"192.168.0.0/16", "private"},       {"198.18.0.0/15", "benchmarking"}, {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"}, {"224.0.0.0/4", "multicast"},      {"240.0.0.0/4", "reserved"}};
// Only 2000::/3 is given out to anybody; these lie in it and are not for servers either.
constexpr Block kBlocks6[] = {{"2001::/23", "reserved"},
                              {"2001:db8::/32", "documentation"},
                              {"2002::/16", "6to4: it stands for an IPv4 address"},
                              {"3fff::/20", "documentation"}};
// What stands for an IPv4 address is judged by that (RFC 4291 2.5.5.2, RFC 6052).
constexpr std::string_view kMapped = "::ffff:0:0/96", kTranslated = "64:ff9b::/96";

bool inside(std::string_view octets, std::string_view block) {
    const auto network = parse_network(block);
    return network && inside(octets, network->octets, network->bits);
}

std::optional<std::string> forbidden(std::string_view octets) {
    const auto in = [&](const Block& b) { return fmt::format("{} address ({})", b.what, b.network); };
    if (octets.size() == 4) {
        for (const auto& block : kBlocks4)
            if (inside(octets, block.network)) return in(block);
        return std::nullopt;
    }
    if (inside(octets, kMapped) || inside(octets, kTranslated))
        return "translated address: it stands for an IPv4 address";
    for (const auto& block : kBlocks6)
        if (inside(octets, block.network)) return in(block);
    if (inside(octets, "ff00::/8")) return "multicast address (ff00::/8)";
    if (inside(octets, "fe80::/10")) return "link-local address (fe80::/10)";
    if (inside(octets, "fc00::/7")) return "private address (fc00::/7)";
    if (inside(octets, "::1/128")) return "loopback address (::1)";
    if (!inside(octets, "2000::/3")) return "address outside the public block (2000::/3)";
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

Expected<void> may_contact(std::string_view address, std::span<const Network> allowed) {
    const auto octets = octets_of(address);
    if (!octets) return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an address", address.substr(0, 60)));
    for (const auto& network : allowed)
        if (inside(*octets, network.octets, network.bits)) return {};
    if (const auto why = forbidden(*octets))
        return fail(ErrorKind::refused, fmt::format("{} is a {}", address, *why), {},
                    "Give the name server a public address");
    return {};
}

} // namespace tutti::accept
