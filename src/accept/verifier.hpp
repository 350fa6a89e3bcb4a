#pragma once
// Signatures, each distinct content verified once. All servers of a child mostly serve the same octets, and one
// verification costs more than everything else in a judgement. What is kept is the cryptographic result, which never
// changes; the times of a signature are looked at each time.
#include "dnssec/verify.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace tutti::accept {

class Verifier {
  public:
    // At most `limit` verifications are computed; after that exhausted() is true, and nothing more is valid.
    explicit Verifier(std::uint32_t limit) : limit_(limit) {}
    // As new, for another child.
    void clear();

    dnssec::SigStatus check(const dns::RrSet& set, const dnssec::Rrsig& sig, const dnssec::Dnskey& key, Instant now);

    std::uint32_t computed() const { return static_cast<std::uint32_t>(memo_.size()); }
    bool exhausted() const { return exhausted_; }

    // Does this DS of `owner` refer to this key? Each pair is hashed once.
    bool matches(const dns::Name& owner, const dnssec::Ds& ds, const dnssec::Dnskey& key);

  private:
    struct Pair {
        dns::Name owner;
        dnssec::Ds ds;
        dnssec::Dnskey key;
        bool match;
    };
    struct Entry {
        dns::Rdata sig;
        dns::Name owner;
        dns::Type type;
        std::vector<dns::Rdata> rdata;
        dns::Rdata key;
        bool good;
    };
    std::uint32_t limit_;
    bool exhausted_ = false;
    dnssec::KeyShelf keys_;
    std::vector<Pair> pairs_;
    std::vector<Entry> memo_; // few: a search by octets is cheaper than a hash over kilobytes
};

// What is known about the signatures over one RRset of `zone`, by those of `keys` that `wanted` names.
struct Signed {
    std::optional<Instant> inception; // by a valid one: the newest; none: there is no valid one
    std::size_t key = 0;              // of `keys`, which made it
    std::optional<dnssec::SigStatus> worst;
    std::string problem; // in words, if there is no valid one
    bool valid() const { return inception.has_value(); }
};
Signed signed_by(Verifier& verifier, const dns::Name& zone, const dns::RrSet& set,
                 const std::vector<dns::Rdata>& rrsigs, const std::vector<dnssec::Dnskey>& keys,
                 const std::function<bool(std::size_t)>& wanted, Instant now);

} // namespace tutti::accept
