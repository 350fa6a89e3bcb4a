#include "agent/dsync.hpp"

#include <fmt/format.h>

namespace tutti::agent {

namespace {

constexpr std::uint8_t kNotify = 1;       // the scheme
constexpr std::size_t kFixed = 2 + 1 + 2; // type, scheme, port

std::uint16_t u16_at(const dns::Rdata& rdata, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(rdata[at]) << 8 |
                                      static_cast<unsigned char>(rdata[at + 1]));
}

void add_u16(dns::Rdata& to, std::uint16_t v) {
    to += static_cast<char>(v >> 8);
    to += static_cast<char>(v & 0xff);
}

} // namespace

Expected<std::vector<dns::Record>> dsync_records(const dns::Name& zone, const dns::Name& target, std::uint16_t port,
                                                 dns::Ttl ttl) {
    const auto below = zone.child("_dsync");
    if (!below) return std::unexpected(below.error());
    const auto owner = below->child("*");
    if (!owner) return std::unexpected(owner.error());
    std::vector<dns::Record> out;
    for (const auto type : {dns::Type::CDS, dns::Type::CSYNC}) {
        dns::Rdata rdata;
        add_u16(rdata, static_cast<std::uint16_t>(type));
        rdata += static_cast<char>(kNotify);
        add_u16(rdata, port);
        out.push_back({*owner, dns::Type::DSYNC, ttl, rdata + target.wire()});
    }
    return out;
}

std::string dsync_text(const dns::Record& record) {
    const auto target = dns::Name::from_wire(std::string_view{record.rdata}.substr(kFixed));
    return fmt::format("{} {} IN DSYNC {} NOTIFY {} {}", record.owner.text(), record.ttl,
                       dns::to_string(static_cast<dns::Type>(u16_at(record.rdata, 0))), u16_at(record.rdata, 3),
                       target ? target->text() : "?");
}

} // namespace tutti::agent
