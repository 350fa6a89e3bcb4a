#pragma once
// One order on its way to one place, as numbers.
#include "sim/keyring.hpp"

#include "port/world.hpp"

#include <optional>

namespace tutti::sim {

struct Write {
    KeyBits add_keys, remove_keys;       // DNSKEY
    Digests add_digests, remove_digests; // CDS at a signer, DS at the parent
    KeyBits add_cdnskeys, remove_cdnskeys;
    NameBits add_names, remove_names;
    std::optional<bool> csync;
    std::optional<bool> asks_delete;
    std::optional<KeyBits> expect_keys; // what must be there, or the order is refused
    std::optional<KeyBits> signed_by;   // whose signatures over the new DNSKEY RRset come with it
    std::uint32_t dnskey_ttl = 0;       // of those
    std::optional<NameBits> expect_names;
    bool touches_cds = false;
    std::uint32_t cds_ttl = 0, ds_ttl = 0;
    bool strange = false; // it holds records that nobody here ever made
};

// Adds the changes of one order to a write.
void add_order(Write& write, const port::Order& order, const KeyRing& keys);

template <class Set>
Set changed(Set now, Set add, Set remove) {
    return (now | add) - remove;
}
inline Digests changed(const Digests& now, const Digests& add, const Digests& remove) {
    return {changed(now.sha256, add.sha256, remove.sha256), changed(now.sha384, add.sha384, remove.sha384)};
}

} // namespace tutti::sim
