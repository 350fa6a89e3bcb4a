#include "sim/keyring.hpp"

#include <algorithm>
#include <stdexcept>

namespace tutti::sim {

int KeyRing::make(int owner, const std::string& owner_name, bool sep, std::uint8_t algorithm) {
    if (static_cast<int>(keys_.size()) == KeyBits::kCapacity) throw std::length_error("more than 64 keys in one run");
    SimKey k{};
    k.dnskey.flags = sep ? 257 : 256;
    k.dnskey.algorithm = algorithm;
    // Short enough for std::string to keep it without the heap.
    std::uint64_t number = rng_.next();
    for (int i = 0; i < 8; ++i, number >>= 8) k.dnskey.public_key += static_cast<char>(number & 0xff);
    k.sha256 = dnssec::make_ds(zone_, k.dnskey, 2).value();
    k.sha384 = dnssec::make_ds(zone_, k.dnskey, 4).value();
    k.dnskey_rdata = k.dnskey.rdata();
    k.sha256_rdata = k.sha256.rdata();
    k.sha384_rdata = k.sha384.rdata();
    k.owner = owner;
    const auto nth = std::ranges::count(keys_, owner, &SimKey::owner) + 1;
    k.label = owner_name + '/' + std::to_string(nth);
    const int index = static_cast<int>(keys_.size());
    if (sep) seps_.add(index);
    keys_.push_back(std::move(k));
    return index;
}

int KeyRing::add_name(dns::Name name, int signer) {
    name_rdata_.push_back(dns::ns_rdata(name));
    names_.emplace_back(std::move(name), signer);
    return static_cast<int>(names_.size()) - 1;
}

NameBits KeyRing::names_of(int signer) const {
    NameBits out;
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i].second == signer) out.add(static_cast<int>(i));
    return out;
}

SignerBits KeyRing::owners(NameBits names) const {
    SignerBits out;
    for (int i : names) out.add(names_[static_cast<std::size_t>(i)].second);
    return out;
}

KeyBits KeyRing::owned_by(int signer) const {
    KeyBits out;
    for (std::size_t i = 0; i < keys_.size(); ++i)
        if (keys_[i].owner == signer) out.add(static_cast<int>(i));
    return out;
}

KeyBits KeyRing::dnskeys(std::span<const dns::Rdata> list, bool& strange) const {
    KeyBits out;
    for (const auto& rdata : list) {
        auto it = std::ranges::find(keys_, rdata, &SimKey::dnskey_rdata);
        if (it == keys_.end())
            strange = true;
        else
            out.add(static_cast<int>(it - keys_.begin()));
    }
    return out;
}

Digests KeyRing::digests(std::span<const dns::Rdata> list, bool& strange) const {
    Digests out;
    for (const auto& rdata : list) {
        bool known = false;
        for (std::size_t i = 0; i < keys_.size() && !known; ++i) {
            const int index = static_cast<int>(i);
            known = true;
            if (keys_[i].sha256_rdata == rdata)
                out.sha256.add(index);
            else if (keys_[i].sha384_rdata == rdata)
                out.sha384.add(index);
            else
                known = false;
        }
        if (!known) strange = true;
    }
    return out;
}

NameBits KeyRing::targets(std::span<const dns::Rdata> list, bool& strange) const {
    NameBits out;
    for (const auto& rdata : list) {
        auto it = std::ranges::find(name_rdata_, rdata);
        if (it == name_rdata_.end())
            strange = true;
        else
            out.add(static_cast<int>(it - name_rdata_.begin()));
    }
    return out;
}

} // namespace tutti::sim
