#pragma once
// DNSKEY, DS, CDS, CDNSKEY as values (RFC 4034, 7344, 8078).
#include "dns/record.hpp"

namespace tutti::dnssec {

using KeyTag = std::uint16_t;

struct Dnskey {
    std::uint16_t flags = 257;
    std::uint8_t protocol = 3;
    std::uint8_t algorithm = 13;
    std::string public_key; // octets

    bool zone_key() const { return (flags & 0x0100) != 0; }
    bool sep() const { return (flags & 0x0001) != 0; }
    bool revoked() const { return (flags & 0x0080) != 0; }
    KeyTag tag() const; // RFC 4034 appendix B; tags collide: never an identity
    dns::Rdata rdata() const;
    auto operator<=>(const Dnskey&) const = default;
};
Expected<Dnskey> parse_dnskey(const dns::Rdata& rdata); // also CDNSKEY

struct Ds {
    KeyTag tag = 0;
    std::uint8_t algorithm = 13;
    std::uint8_t digest_type = 2;
    std::string digest; // octets
    dns::Rdata rdata() const;
    auto operator<=>(const Ds&) const = default;
};
Expected<Ds> parse_ds(const dns::Rdata& rdata); // also CDS

// Digest types: 1 SHA-1 (read only), 2 SHA-256, 4 SHA-384. Fails with `unsupported` for others.
Expected<Ds> make_ds(const dns::Name& owner, const Dnskey& key, std::uint8_t digest_type);
bool matches(const dns::Name& owner, const Ds& ds, const Dnskey& key);

// The delete sentinels of RFC 8078 section 4.
bool is_delete(const Ds& cds);
bool is_delete(const Dnskey& cdnskey);
Ds delete_ds();
Dnskey delete_dnskey();

std::string algorithm_name(std::uint8_t algorithm); // "ECDSAP256SHA256"; "algorithm 99"

} // namespace tutti::dnssec
