// With the new DS, validators must still find a way into the zone, at every server (R24, R25).
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

// Does a key of this algorithm that the new DS refer to sign the server's DNSKEY set?
bool enters(Case& c, const Reading& r, std::uint8_t algorithm) {
    const auto& a = r.said->dnskey;
    if (!a.set) return false;
    const auto wanted = [&](std::size_t i) {
        const auto& k = r.dnskey[i];
        return k.algorithm == algorithm && is_usable(k) &&
               std::ranges::any_of(c.want.ds, [&](const auto& d) { return c.v.matches(c.e.child, d, k); });
    };
    return signed_by(c.v, c.e.child, *a.set, a.rrsigs, r.dnskey, wanted, c.now).valid();
}

bool continuous_at(Case& c, const Reading& r) {
    std::set<std::uint8_t> algorithms, missing;
    for (const auto& d : c.want.ds) algorithms.insert(d.algorithm);
    for (const auto algorithm : algorithms) {
        if (!enters(c, r, algorithm))
            missing.insert(algorithm);
        else if (!c.p.continuity_strict)
            return true;
    }
    if (missing.empty() && !algorithms.empty()) return true;
    if (c.v.exhausted())
        return c.reject(
            "work-limit", {},
            fmt::format("More than {} signatures would have to be verified for this child", c.v.computed()));
    if (missing.size() == algorithms.size())
        return c.reject("continuity-broken", {r.place},
                        r.place + ": no key that the new DS would refer to signs the DNSKEY set, so the zone would be "
                                  "bogus. Publish the key and sign with it first");
    return c.reject(
        "continuity-algorithm", {r.place},
        fmt::format("{}: the new DS would have {}, but no key of it signs the DNSKEY set there; a validator "
                    "may insist on it",
                    r.place, dnssec::algorithm_name(*missing.begin())));
}

} // namespace

bool continuous(Case& c) {
    return std::ranges::all_of(c.whole, [&](const Reading* r) { return continuous_at(c, *r); });
}

} // namespace tutti::accept
