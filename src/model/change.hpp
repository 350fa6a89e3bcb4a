#pragma once
// Changes to records, as a driver carries them out: always single records added and removed, never "replace".
#include "dns/record.hpp"

#include <vector>

namespace tutti::model {

struct RrChange {
    dns::Name owner;
    dns::Type type;
    dns::Ttl ttl; // of the records added; a driver keeps the TTL served where the server insists
    std::vector<dns::Rdata> add;
    std::vector<dns::Rdata> remove;
    // The RRset as it was last seen at the place of change; a driver that can makes it a precondition
    // (compare-and-swap, RFC 2136 2.4.2). Empty: nothing was there.
    std::vector<dns::Rdata> expect;
    bool check_expect = true;
    // DNSKEY only: the keys whose signatures over the new RRset come with it from another signer. A driver that cannot
    // see to that refuses. Empty: the server signs it itself.
    std::vector<dns::Rdata> signed_by{};
    bool operator==(const RrChange&) const = default;
};

} // namespace tutti::model
