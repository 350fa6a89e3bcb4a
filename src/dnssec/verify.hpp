#pragma once
// Verification of RRSIGs with an explicit clock (RFC 4035 section 5).
#include "base/time.hpp"
#include "dnssec/keys.hpp"

#include <memory>
#include <optional>
#include <span>

namespace tutti::dnssec {

struct Rrsig {
    dns::Type covered;
    std::uint8_t algorithm, labels;
    dns::Ttl original_ttl;
    Instant inception, expiration; // RFC 1982 arithmetic resolved around `now`
    KeyTag tag;
    dns::Name signer;
    dns::Rdata raw;
};
Expected<Rrsig> parse_rrsig(const dns::Rdata& rdata, Instant now);
// The RRSIG records of `section` that cover owner/type.
std::vector<Rrsig> signatures_over(std::span<const dns::Record> section, const dns::Name& owner, dns::Type type,
                                   Instant now);

enum class SigStatus { valid, not_yet_valid, expired, bad_signature, no_key, unsupported };
const char* to_string(SigStatus status);

// Keys made ready for computing, a few of them: for those who verify several signatures by the same keys.
class KeyShelf {
  public:
    KeyShelf();
    ~KeyShelf();
    KeyShelf(const KeyShelf&) = delete;
    KeyShelf& operator=(const KeyShelf&) = delete;
    // Other keys come: these go, and most of the work that made them ready serves the next ones.
    void clear();
    struct Keys;
    Keys& keys() { return *keys_; } // for crypto.cpp

  private:
    std::unique_ptr<Keys> keys_;
};

// One signature, one key: cryptographically and in time.
SigStatus verify(const dns::RrSet& set, const Rrsig& sig, const Dnskey& key, Instant now, KeyShelf* shelf = nullptr);

struct SignedBy {
    std::vector<std::size_t> keys;  // indices into the given keys of those that validly sign the set
    std::optional<Instant> expires; // earliest end among the valid signatures
    std::optional<SigStatus> worst; // why the others failed, if any did
    std::string problem;            // in words, e.g. "RRSIG by 4711 expired 2026-11-01T..."; empty if none
};
// Which of `keys` sign `set`, given the RRSIGs in `sigs`. Work is bounded: at most `max_tries` verifications per call.
SignedBy signers_of(const dns::RrSet& set, std::span<const Rrsig> sigs, std::span<const Dnskey> keys, Instant now,
                    int max_tries = 32);

} // namespace tutti::dnssec
