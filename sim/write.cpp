#include "sim/write.hpp"

#include <algorithm>

namespace tutti::sim {

namespace {

std::vector<dns::Rdata> without(std::vector<dns::Rdata> list, const dns::Rdata& what) {
    std::erase(list, what);
    return list;
}

} // namespace

void add_order(Write& w, const port::Order& order, const KeyRing& keys) {
    for (const auto& c : order.changes) {
        switch (c.type) {
        case dns::Type::DNSKEY:
            w.add_keys |= keys.dnskeys(c.add, w.strange);
            w.remove_keys |= keys.dnskeys(c.remove, w.strange);
            if (!c.signed_by.empty()) {
                w.signed_by = keys.dnskeys(c.signed_by, w.strange);
                w.dnskey_ttl = c.ttl;
            }
            if (c.check_expect) {
                bool strange = false;
                w.expect_keys = keys.dnskeys(c.expect, strange);
            }
            break;
        case dns::Type::CDS:
        case dns::Type::DS: {
            static const auto kDelete = dnssec::delete_ds().rdata();
            if (std::ranges::find(c.add, kDelete) != c.add.end()) w.asks_delete = true;
            if (std::ranges::find(c.remove, kDelete) != c.remove.end()) w.asks_delete = false;
            const auto add = keys.digests(without(c.add, kDelete), w.strange);
            bool strange = false; // digests of every known type are taken away, also of types that are not used here
            const auto remove = keys.digests(c.remove, strange);
            w.add_digests.sha256 |= add.sha256;
            w.add_digests.sha384 |= add.sha384;
            w.remove_digests.sha256 |= remove.sha256;
            w.remove_digests.sha384 |= remove.sha384;
            if (c.type == dns::Type::CDS) {
                w.touches_cds = true;
                w.cds_ttl = c.ttl;
            } else {
                w.ds_ttl = c.ttl;
            }
            break;
        }
        case dns::Type::CDNSKEY:
            w.add_cdnskeys |= keys.dnskeys(without(c.add, dnssec::delete_dnskey().rdata()), w.strange);
            w.remove_cdnskeys |= keys.dnskeys(without(c.remove, dnssec::delete_dnskey().rdata()), w.strange);
            w.touches_cds = true;
            w.cds_ttl = c.ttl;
            break;
        case dns::Type::NS:
            w.add_names |= keys.targets(c.add, w.strange);
            w.remove_names |= keys.targets(c.remove, w.strange);
            if (c.check_expect) {
                bool strange = false;
                w.expect_names = keys.targets(c.expect, strange);
            }
            break;
        case dns::Type::CSYNC:
            w.csync = !c.add.empty();
            break;
        default:
            w.strange = true;
        }
    }
}

} // namespace tutti::sim
