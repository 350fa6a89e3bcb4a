// The exact difference to the delegation, and the TTL of a DS set that has just changed (R21, R56).
#include "accept/case.hpp"

#include <algorithm>

namespace tutti::accept {

void set_ds_change(Case& c) {
    const auto old = sorted(c.r.ds), wanted = sorted(c.want.remove ? std::vector<dnssec::Ds>{} : c.want.ds);
    auto& change = c.out.change;
    std::ranges::set_difference(wanted, old, std::back_inserter(change.ds_add));
    std::ranges::set_difference(old, wanted, std::back_inserter(change.ds_remove));
    c.out.inception = c.inception;
    c.out.by_key = c.by_key;
    if (wanted.empty()) return;
    // A mistake that shows only now should not live long in caches. Not before the old set is out of them, too.
    change.ds_ttl = std::min(c.p.change_ttl, c.r.ds_ttl);
    change.ttl_restore = c.now + std::max(c.p.restore_after, Duration{std::chrono::seconds{c.r.ds_ttl}});
}

} // namespace tutti::accept
