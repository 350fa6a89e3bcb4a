#include "dnssec/keys.hpp"

#include "dnssec/hash.hpp"

#include "dns/wire.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace tutti::dnssec {

namespace {

constexpr std::uint8_t kRsaMd5 = 1;

const EVP_MD* digest_of(std::uint8_t digest_type) {
    switch (digest_type) {
    case 1:
        return sha1();
    case 2:
        return sha256();
    case 4:
        return sha384();
    default:
        return nullptr;
    }
}

} // namespace

KeyTag Dnskey::tag() const {
    // RFC 4034 appendix B.1: for RSA/MD5 the tag is part of the modulus.
    const auto octet = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(public_key[i]));
    };
    const std::size_t n = public_key.size();
    if (algorithm == kRsaMd5) return n < 3 ? KeyTag{0} : static_cast<KeyTag>(octet(n - 3) << 8 | octet(n - 2));
    // The four octets before the key make two words. 65535 / 2 words of 16 bits fit into 32 bits.
    std::uint32_t sum = flags + (static_cast<std::uint32_t>(protocol) << 8) + algorithm;
    for (std::size_t i = 0; i < n; ++i) sum += (i & 1) == 0 ? octet(i) << 8 : octet(i);
    return static_cast<KeyTag>((sum + (sum >> 16)) & 0xffff);
}

dns::Rdata Dnskey::rdata() const {
    dns::Rdata out{static_cast<char>(flags >> 8), static_cast<char>(flags & 0xff), static_cast<char>(protocol),
                   static_cast<char>(algorithm)};
    return out += public_key;
}

Expected<Dnskey> parse_dnskey(const dns::Rdata& rdata) {
    dns::Reader reader{rdata};
    Dnskey key;
    key.flags = reader.u16();
    key.protocol = reader.u8();
    key.algorithm = reader.u8();
    key.public_key = reader.bytes(reader.left());
    if (reader.failed()) return fail(ErrorKind::invalid, "the RDATA of a DNSKEY or CDNSKEY record is too short");
    return key;
}

dns::Rdata Ds::rdata() const {
    dns::Rdata out{static_cast<char>(tag >> 8), static_cast<char>(tag & 0xff), static_cast<char>(algorithm),
                   static_cast<char>(digest_type)};
    return out += digest;
}

Expected<Ds> parse_ds(const dns::Rdata& rdata) {
    dns::Reader reader{rdata};
    Ds ds;
    ds.tag = reader.u16();
    ds.algorithm = reader.u8();
    ds.digest_type = reader.u8();
    ds.digest = reader.bytes(reader.left());
    if (reader.failed()) return fail(ErrorKind::invalid, "the RDATA of a DS or CDS record is too short");
    return ds;
}

Expected<Ds> make_ds(const dns::Name& owner, const Dnskey& key, std::uint8_t digest_type) {
    const EVP_MD* md = digest_of(digest_type);
    if (md == nullptr)
        return fail(ErrorKind::unsupported, fmt::format("DS digest type {} is not supported", digest_type),
                    owner.text(), "Use 2 (SHA-256) or 4 (SHA-384)");
    const std::string input = owner.wire() + key.rdata(); // RFC 4034 5.1.4
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    unsigned int size = 0;
    if (EVP_Digest(input.data(), input.size(), out.data(), &size, md, nullptr) != 1)
        return fail(ErrorKind::internal, fmt::format("OpenSSL cannot compute DS digest type {}", digest_type));
    return Ds{key.tag(), key.algorithm, digest_type, std::string(out.begin(), out.begin() + size)};
}

bool matches(const dns::Name& owner, const Ds& ds, const Dnskey& key) {
    if (ds.tag != key.tag() || ds.algorithm != key.algorithm) return false; // cheap, before the digest
    const auto own = make_ds(owner, key, ds.digest_type);
    return own && *own == ds;
}

// RFC 8078 section 4 with its erratum 5049: "0 0 0 00" and "0 3 0 AA==", and nothing that only looks like it.
Ds delete_ds() {
    return {.tag = 0, .algorithm = 0, .digest_type = 0, .digest = std::string(1, '\0')};
}
Dnskey delete_dnskey() {
    return {.flags = 0, .protocol = 3, .algorithm = 0, .public_key = std::string(1, '\0')};
}
bool is_delete(const Ds& cds) {
    return cds == delete_ds();
}

bool is_delete(const Dnskey& cdnskey) {
    return cdnskey == delete_dnskey();
}

std::string algorithm_name(std::uint8_t algorithm) {
    switch (algorithm) {
    case 1:
        return "RSAMD5";
    case 3:
        return "DSA";
    case 5:
        return "RSASHA1";
    case 6:
        return "DSA-NSEC3-SHA1";
    case 7:
        return "RSASHA1-NSEC3-SHA1";
    case 8:
        return "RSASHA256";
    case 10:
        return "RSASHA512";
    case 12:
        return "ECC-GOST";
    case 13:
        return "ECDSAP256SHA256";
    case 14:
        return "ECDSAP384SHA384";
    case 15:
        return "ED25519";
    case 16:
        return "ED448";
    default:
        return fmt::format("algorithm {}", algorithm);
    }
}

} // namespace tutti::dnssec
