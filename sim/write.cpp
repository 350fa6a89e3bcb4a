#include "sim/write.hpp"

namespace tutti::sim {

void add_order(Write& w, const port::Order& order, const KeyRing& keys) {
    for (const auto& c : order.changes) {
        switch (c.type) {
        case dns::Type::DNSKEY:
            w.add_keys |= keys.dnskeys(c.add, w.strange);
            w.remove_keys |= keys.dnskeys(c.remove, w.strange);
            if (c.check_expect) {
                bool strange = false;
                w.expect_keys = keys.dnskeys(c.expect, strange);
            }
            break;
        case dns::Type::CDS:
        case dns::Type::DS: {
            const auto add = keys.digests(c.add, w.strange);
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
            w.add_cdnskeys |= keys.dnskeys(c.add, w.strange);
            w.remove_cdnskeys |= keys.dnskeys(c.remove, w.strange);
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
