#pragma once
// The keys and NS names of a simulated zone, numbered. Keys are made from the seed: real DNSKEY and DS records, with
// public keys that are only numbers.
#include "dnssec/keys.hpp"
#include "sim/rng.hpp"
#include "sim/served.hpp"

#include <span>

namespace tutti::sim {

struct SimKey {
    dnssec::Dnskey dnskey;
    dnssec::Ds sha256, sha384;
    dns::Rdata dnskey_rdata, sha256_rdata, sha384_rdata;
    int owner;
    std::string label;
};

class KeyRing {
  public:
    KeyRing(dns::Name zone, std::uint64_t seed) : zone_(std::move(zone)), rng_(seed) {}

    const dns::Name& zone() const { return zone_; }
    int make(int owner, const std::string& owner_name, bool sep, std::uint8_t algorithm);
    int add_name(dns::Name name, int signer);

    const SimKey& key(int i) const { return keys_[static_cast<std::size_t>(i)]; }
    const std::vector<SimKey>& keys() const { return keys_; }
    const SimKey* find(std::string_view label) const {
        for (const auto& k : keys_)
            if (k.label == label) return &k;
        return nullptr;
    }
    const dns::Name& name(int i) const { return names_[static_cast<std::size_t>(i)].first; }
    NameBits names_of(int signer) const;
    SignerBits owners(NameBits names) const;
    KeyBits seps() const { return seps_; }
    KeyBits owned_by(int signer) const;

    // Records of an order, as numbers. What is not known here is left out, and `strange` is set.
    KeyBits dnskeys(std::span<const dns::Rdata> list, bool& strange) const;
    Digests digests(std::span<const dns::Rdata> list, bool& strange) const;
    NameBits targets(std::span<const dns::Rdata> list, bool& strange) const;

  private:
    dns::Name zone_;
    Rng rng_;
    std::vector<SimKey> keys_;
    std::vector<std::pair<dns::Name, int>> names_;
    std::vector<dns::Rdata> name_rdata_;
    KeyBits seps_;
};

} // namespace tutti::sim
