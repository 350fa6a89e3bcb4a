#include "dnssec/denial.hpp"

#include "dns/ldns_ptr.hpp"
#include "dns/wire.hpp"

#include <optional>
#include <set>

namespace tutti::dnssec {

namespace {

constexpr std::uint8_t kSha1 = 1; // the only hash of NSEC3

// RFC 4034 4.1.2; nothing if it is malformed.
std::optional<std::set<dns::Type>> read_types(dns::Reader& reader) {
    std::set<dns::Type> out;
    int last = -1;
    while (!reader.failed() && reader.left() != 0) {
        const int window = reader.u8();
        const std::size_t length = reader.u8();
        const auto bits = reader.bytes(length);
        if (reader.failed() || window <= last || length == 0 || length > 32) return std::nullopt;
        last = window;
        for (std::size_t i = 0; i < bits.size() * 8; ++i)
            if ((static_cast<unsigned char>(bits[i / 8]) >> (7 - i % 8) & 1) != 0)
                out.insert(static_cast<dns::Type>(static_cast<std::size_t>(window) * 256 + i));
    }
    if (reader.failed()) return std::nullopt;
    return out;
}

bool lacks(const std::optional<std::set<dns::Type>>& types, dns::Type type) {
    if (!types || types->contains(type) || types->contains(dns::Type::CNAME)) return false;
    // At a zone cut the parent's record says nothing about the child (RFC 6840 section 4.1).
    return type == dns::Type::DS || !types->contains(dns::Type::NS) || types->contains(dns::Type::SOA);
}

Denial by_nsec(const dns::Rdata& rdata, dns::Type type) {
    dns::Reader reader{rdata};
    reader.name();
    return lacks(read_types(reader), type) ? Denial::proved : Denial::not_proved;
}

// The owner that the NSEC3 record of `name` has.
std::optional<dns::Name> hashed(const dns::Name& zone, const dns::Name& name, std::uint16_t iterations,
                                std::string_view salt) {
    const dns::LdnsRdf owner{ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.wire().size(), name.wire().data())};
    std::vector<std::uint8_t> octets(salt.begin(), salt.end());
    if (!owner) return std::nullopt;
    const dns::LdnsRdf label{
        ldns_nsec3_hash_name(owner.get(), kSha1, iterations, static_cast<std::uint8_t>(octets.size()), octets.data())};
    if (!label || ldns_rdf_size(label.get()) < 2) return std::nullopt;
    const std::string_view wire{reinterpret_cast<const char*>(ldns_rdf_data(label.get())), ldns_rdf_size(label.get())};
    auto out = zone.child(wire.substr(1, static_cast<unsigned char>(wire.front())));
    if (!out) return std::nullopt;
    return *std::move(out);
}

Denial by_nsec3(const dns::Name& zone, const dns::RrSet& proof, const dns::Rdata& rdata, const dns::Name& name,
                dns::Type type, unsigned max_iterations) {
    dns::Reader reader{rdata};
    const std::uint8_t algorithm = reader.u8();
    reader.u8(); // flags
    const std::uint16_t iterations = reader.u16();
    const auto salt = reader.bytes(reader.u8());
    reader.bytes(reader.u8()); // the next hash
    if (reader.failed() || algorithm != kSha1) return Denial::not_proved;
    if (iterations > max_iterations) return Denial::too_costly;
    if (hashed(zone, name, iterations, salt) != proof.owner) return Denial::not_proved;
    return lacks(read_types(reader), type) ? Denial::proved : Denial::not_proved;
}

} // namespace

Denial denies_type(const dns::Name& zone, const dns::RrSet& proof, const dns::Name& name, dns::Type type,
                   unsigned max_iterations) {
    if (proof.rdata.size() != 1 || !name.is_at_or_below(zone)) return Denial::not_proved;
    if (proof.type == dns::Type::NSEC)
        return proof.owner == name ? by_nsec(proof.rdata.front(), type) : Denial::not_proved;
    if (proof.type == dns::Type::NSEC3 && proof.owner.parent() == zone)
        return by_nsec3(zone, proof, proof.rdata.front(), name, type, max_iterations);
    return Denial::not_proved;
}

} // namespace tutti::dnssec
