// Servers that a CSYNC would bring in must work before the delegation points to them (R53).
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

// Authoritative for the zone, with a DNSKEY set that the DS at the parent lead into.
bool serves(Case& c, const Testimony& t) {
    const std::string where = place(t);
    if (t.soa.outcome != Outcome::records || !t.soa.set || t.soa.set->owner != c.e.child)
        return c.retry_or_reject("csync-new-server-failed", {where},
                                 where + " would be a name server of the child, but " + failure_words(t.soa));
    if (t.dnskey.outcome != Outcome::records || !t.dnskey.set || t.dnskey.set->owner != c.e.child ||
        t.dnskey.set->type != dns::Type::DNSKEY)
        return c.retry_or_reject(
            "csync-new-server-insecure", {where},
            where + " would be a name server of the child, but has no DNSKEY: " + failure_words(t.dnskey));
    Reading r;
    r.said = &t;
    r.place = where;
    r.dnskey = keys_of(t.dnskey);
    if (dnskey_holds(c, r)) return true;
    if (c.v.exhausted()) return false;
    const std::string why = c.out.reasons.back().text;
    c.out.reasons.pop_back(); // said in the words of this subject instead
    return c.reject("csync-new-server-insecure", {where},
                    "validators would not accept what a new name server says. " + why);
}

bool server_ready(Case& c, const dns::Name& ns, const std::string& address) {
    const auto at = [&](const Testimony& t) { return t.ns == ns && t.address == address; };
    if (std::ranges::any_of(c.whole, [&](const Reading* r) { return at(*r->said); })) return true;
    bool any = false;
    for (const auto& t : c.e.candidates) {
        if (!at(t)) continue;
        any = true;
        if (!serves(c, t)) return false;
    }
    if (any) return true;
    // A server of the delegation that is silent now was dealt with already (R6); it stays what it was.
    if (std::ranges::any_of(c.e.servers, at) && std::ranges::find(c.r.ns, ns) != c.r.ns.end()) return true;
    return c.retry_or_reject("evidence-incomplete", {},
                             fmt::format("{} was not asked at {} whether it serves the child", ns.text(), address));
}

bool addresses_for(Case& c, const dns::Name& ns, std::span<const Glue> glue, std::vector<std::string>& out) {
    if (const auto own = std::ranges::find(glue, ns, &Glue::host); own != glue.end()) {
        out = own->addresses;
        return true;
    }
    const auto host = std::ranges::find(c.e.hosts, ns, &Host::name);
    if (host == c.e.hosts.end() || host->resolution == Resolution::not_tried)
        return c.retry_or_reject("evidence-incomplete", {}, ns.text() + " was not looked up");
    if (host->resolution != Resolution::resolved || host->addresses.empty())
        return c.retry_or_reject("csync-new-server-failed", {ns.text()},
                                 ns.text() + " would be a name server of the child, but has no usable address. " +
                                     host->detail);
    out = host->addresses;
    return true;
}

} // namespace

bool csync_servers(Case& c, std::span<const dns::Name> ns, std::span<const Glue> glue) {
    for (const auto& name : ns) {
        const bool kept = std::ranges::find(c.r.ns, name) != c.r.ns.end();
        if (kept && !name.is_at_or_below(c.e.child)) continue; // asked already, and nothing changes about it
        std::vector<std::string> addresses;
        if (!addresses_for(c, name, glue, addresses)) return false;
        for (const auto& address : addresses) {
            if (const auto may = may_contact(address, c.p.allow_addresses); !may)
                return c.reject("address-forbidden", {name.text()}, name.text() + ": " + may.error().seen);
            if (!server_ready(c, name, address)) return false;
        }
    }
    return true;
}

} // namespace tutti::accept
