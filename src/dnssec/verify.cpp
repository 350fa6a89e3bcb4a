#include "dnssec/verify.hpp"

#include "dns/wire.hpp"
#include "dnssec/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tutti::dnssec {

namespace {

// RFC 4034 3.1.5: 32-bit times compare by serial number arithmetic, so they mean the moment nearest to `now`.
Instant near(std::uint32_t time, Instant now) {
    const std::int64_t now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const auto ahead = static_cast<std::int32_t>(time - static_cast<std::uint32_t>(now_s));
    return Instant{std::chrono::seconds{now_s + ahead}};
}

// SHA-1 (5, 7) is no longer accepted by validators: it counts as if it were not there.
bool supported(std::uint8_t algorithm) {
    return algorithm == 8 || algorithm == 10 || (algorithm >= 13 && algorithm <= 16);
}

// RFC 3110 limits RSA to 4096 bits. Without the limit, a hostile key of 64 kB would cost seconds.
bool bounded(const Dnskey& key) {
    if (key.algorithm != 8 && key.algorithm != 10) return key.public_key.size() <= 128;
    dns::Reader reader{key.public_key};
    std::size_t exponent = reader.u8();
    if (exponent == 0) exponent = reader.u16();
    reader.bytes(exponent);
    return !reader.failed() && exponent <= 8 && reader.left() <= 512;
}

std::size_t labels_signed(const dns::Name& owner) {
    // RFC 4034 3.1.3: the asterisk of a wildcard does not count.
    return owner.labels() - (owner.wire().starts_with("\1*") ? 1 : 0);
}

// RFC 4034 3.1.8.1. The set is in canonical form and order already.
std::string signed_data(const dns::RrSet& set, const Rrsig& sig) {
    constexpr std::size_t kFixed = 18; // of the RDATA of RRSIG, in front of the signer's name
    std::string owner = set.owner.wire();
    if (sig.labels < labels_signed(set.owner)) { // made from a wildcard (RFC 4035 5.3.2)
        std::string_view rest = owner;
        for (auto labels = set.owner.labels(); labels > sig.labels; --labels)
            rest.remove_prefix(1U + static_cast<unsigned char>(rest[0]));
        owner = std::string{"\1*"}.append(rest);
    }
    dns::Writer head;
    head.u16(static_cast<std::uint16_t>(set.type));
    head.u16(dns::kClassIn);
    head.u32(sig.original_ttl);
    const auto fixed = head.take();
    owner.append(dns::as_view(fixed));
    std::string out = sig.raw.substr(0, kFixed) + sig.signer.wire();
    for (const auto& rdata : set.rdata) {
        out += owner;
        out += static_cast<char>(rdata.size() >> 8);
        out += static_cast<char>(rdata.size() & 0xff);
        out += rdata;
    }
    return out;
}

// The signature itself; all else has been checked.
SigStatus verify_crypto(const dns::RrSet& set, const Rrsig& sig, const Dnskey& key, KeyShelf* shelf) {
    const std::size_t begin = 18 + sig.signer.wire().size();
    if (sig.raw.size() <= begin) return SigStatus::bad_signature;
    return verify_octets(signed_data(set, sig), std::string_view{sig.raw}.substr(begin), key, shelf);
}

// What can be said without cryptography; nullopt: it has to be verified.
std::optional<SigStatus> check_form(const dns::RrSet& set, const Rrsig& sig, Instant now) {
    if (!supported(sig.algorithm)) return SigStatus::unsupported;
    if (sig.covered != set.type || !set.owner.is_at_or_below(sig.signer) || sig.labels > labels_signed(set.owner) ||
        set.rdata.empty())
        return SigStatus::bad_signature; // RFC 4035 5.3.1
    if (now > sig.expiration) return SigStatus::expired;
    if (now < sig.inception) return SigStatus::not_yet_valid;
    return std::nullopt;
}

bool can_be_by(const Rrsig& sig, const Dnskey& key) { // RFC 4035 5.3.1
    return key.zone_key() && key.protocol == 3 && key.algorithm == sig.algorithm && key.tag() == sig.tag;
}

// How much a failure tells, most first: a wrong signature is an attack or a defect, an unknown key may just be new.
int severity(SigStatus status) {
    switch (status) {
    case SigStatus::bad_signature:
        return 5;
    case SigStatus::expired:
        return 4;
    case SigStatus::not_yet_valid:
        return 3;
    case SigStatus::no_key:
        return 2;
    case SigStatus::unsupported:
        return 1;
    case SigStatus::valid:
        return 0;
    }
    return 0;
}

std::string describe(const dns::RrSet& set, const Rrsig& sig, SigStatus status) {
    std::string what = fmt::format("RRSIG by {} over {} {}", sig.tag, set.owner.text(), dns::to_string(set.type));
    switch (status) {
    case SigStatus::valid:
        return {};
    case SigStatus::not_yet_valid:
        return fmt::format("{} is not valid before {}", what, to_rfc3339(sig.inception));
    case SigStatus::expired:
        return fmt::format("{} expired {}", what, to_rfc3339(sig.expiration));
    case SigStatus::bad_signature:
        return what + " does not verify";
    case SigStatus::no_key:
        return what + " is by a key that is not among the keys";
    case SigStatus::unsupported:
        return fmt::format("{} uses {}", what, algorithm_name(sig.algorithm));
    }
    return what;
}

} // namespace

Expected<Rrsig> parse_rrsig(const dns::Rdata& rdata, Instant now) {
    dns::Reader reader{rdata};
    const auto covered = static_cast<dns::Type>(reader.u16());
    const std::uint8_t algorithm = reader.u8(), labels = reader.u8();
    const dns::Ttl original_ttl = reader.u32();
    const std::uint32_t expiration = reader.u32(), inception = reader.u32();
    const KeyTag tag = reader.u16();
    auto signer = dns::Name::from_wire(reader.name());
    if (reader.failed() || !signer || reader.left() == 0)
        return fail(ErrorKind::invalid, "the RDATA of an RRSIG record is malformed");
    return Rrsig{covered, algorithm,          labels, original_ttl, near(inception, now), near(expiration, now),
                 tag,     std::move(*signer), rdata};
}

std::vector<Rrsig> signatures_over(std::span<const dns::Record> section, const dns::Name& owner, dns::Type type,
                                   Instant now) {
    std::vector<Rrsig> out;
    for (const auto& record : section) {
        if (record.type != dns::Type::RRSIG || record.owner != owner) continue;
        if (auto sig = parse_rrsig(record.rdata, now); sig && sig->covered == type) out.push_back(std::move(*sig));
    }
    return out;
}

const char* to_string(SigStatus status) {
    switch (status) {
    case SigStatus::valid:
        return "valid";
    case SigStatus::not_yet_valid:
        return "not yet valid";
    case SigStatus::expired:
        return "expired";
    case SigStatus::bad_signature:
        return "bad signature";
    case SigStatus::no_key:
        return "no key";
    case SigStatus::unsupported:
        return "unsupported";
    }
    return "unsupported";
}

SigStatus verify(const dns::RrSet& set, const Rrsig& sig, const Dnskey& key, Instant now, KeyShelf* shelf) {
    if (const auto known = check_form(set, sig, now)) return *known;
    if (!can_be_by(sig, key)) return SigStatus::no_key;
    if (!bounded(key)) return SigStatus::unsupported;
    return verify_crypto(set, sig, key, shelf);
}

SignedBy signers_of(const dns::RrSet& set, std::span<const Rrsig> sigs, std::span<const Dnskey> keys, Instant now,
                    int max_tries) {
    SignedBy out;
    if (sigs.empty()) out.problem = fmt::format("no RRSIG over {} {}", set.owner.text(), dns::to_string(set.type));
    const auto failed = [&](SigStatus status, std::string problem) {
        if (out.worst && severity(*out.worst) >= severity(status)) return;
        out.worst = status;
        out.problem = std::move(problem);
    };
    int tries = 0;
    for (const auto& sig : sigs) {
        const auto form = check_form(set, sig, now);
        SigStatus status = form.value_or(SigStatus::no_key);
        // Tags collide, so every key that may have signed is tried (RFC 4035 5.3.1); the number of tries is limited,
        // since many keys of one tag times many signatures is an attack (CVE-2023-50387).
        for (std::size_t i = 0; !form && i < keys.size() && status != SigStatus::valid; ++i) {
            if (!can_be_by(sig, keys[i])) continue;
            if (tries++ >= max_tries) {
                failed(SigStatus::bad_signature, fmt::format("more than {} signatures and keys to try over {} {}",
                                                             max_tries, set.owner.text(), dns::to_string(set.type)));
                return out;
            }
            status = verify(set, sig, keys[i], now);
            if (status == SigStatus::valid && std::ranges::find(out.keys, i) == out.keys.end()) out.keys.push_back(i);
        }
        if (status != SigStatus::valid)
            failed(status, describe(set, sig, status));
        else
            out.expires = std::min(out.expires.value_or(kNever), sig.expiration);
    }
    return out;
}

} // namespace tutti::dnssec
