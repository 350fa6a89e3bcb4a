// Who signed: the signer rule of RFC 7344 section 4.1 (R22), at each server with its own DNSKEY set (R23); and when:
// nothing older than what was acted on already (R27).
#include "accept/case.hpp"

#include "dnssec/denial.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

bool out_of_work(Case& c) {
    if (!c.v.exhausted()) return false;
    c.reject("work-limit", {},
             fmt::format("More than {} signatures would have to be verified for this child", c.v.computed()));
    return true;
}

std::string_view code_of(dnssec::SigStatus status) {
    switch (status) {
    case dnssec::SigStatus::expired:
        return "signature-expired";
    case dnssec::SigStatus::not_yet_valid:
        return "signature-early";
    default:
        return "signature-bad";
    }
}

// The server's DNSKEY set hangs on the DS at the parent.
bool hangs_on_ds(Case& c, const Reading& r, const std::vector<bool>& trusted) {
    const auto& a = r.said->dnskey;
    if (!a.set) return c.reject("dnskey-missing", {r.place}, r.place + " has no DNSKEY, but the parent has DS");
    if (std::ranges::find(trusted, true) == trusted.end())
        return c.reject("no-ds-key", {r.place}, r.place + " has no DNSKEY that a DS at the parent refers to");
    const auto s =
        signed_by(c.v, c.e.child, *a.set, a.rrsigs, r.dnskey, [&](std::size_t i) { return trusted[i]; }, c.now);
    if (s.valid()) return true;
    if (out_of_work(c)) return false;
    if (s.problem.empty())
        return c.reject("dnskey-unsigned", {r.place},
                        r.place + ": the DNSKEY set is not signed by a key that a DS at the parent refers to");
    return c.reject("dnskey-bogus", {r.place}, r.place + ": " + s.problem);
}

// Why no key of `trusted` has signed this.
bool unsigned_or_foreign(Case& c, const Reading& r, const Answer& a) {
    const std::string what = dns::to_string(a.set->type);
    if (a.rrsigs.empty()) return c.reject("unsigned", {r.place}, fmt::format("{}: {} has no signature", r.place, what));
    std::set<std::string> tags;
    bool ours = false;
    for (const auto& raw : a.rrsigs) {
        const auto sig = dnssec::parse_rrsig(raw, c.now);
        if (!sig) continue;
        tags.insert(std::to_string(sig->tag));
        ours = ours || std::ranges::any_of(r.dnskey, [&](const auto& k) {
                   return k.tag() == sig->tag && k.algorithm == sig->algorithm;
               });
    }
    if (!ours)
        return c.reject("signer-not-in-dnskey", {r.place},
                        fmt::format("{}: {} is signed only by {}, which this server does not have in DNSKEY", r.place,
                                    what, fmt::join(tags, ", ")));
    return c.reject("signer-not-in-ds", {r.place},
                    fmt::format("{}: {} is signed only by {}, to which no DS at the parent refers; it has to be signed "
                                "by a key that the DS has (RFC 7344 section 4.1), not only by a zone-signing key",
                                r.place, what, fmt::join(tags, ", ")));
}

bool wish_signed(Case& c, const Reading& r, const Answer& a, const std::vector<bool>& trusted) {
    if (!a.set) return true;
    const auto s =
        signed_by(c.v, c.e.child, *a.set, a.rrsigs, r.dnskey, [&](std::size_t i) { return trusted[i]; }, c.now);
    if (s.valid()) {
        c.rests_on(r.dnskey[s.key], *s.inception);
        return true;
    }
    if (out_of_work(c)) return false;
    if (s.problem.empty()) return unsigned_or_foreign(c, r, a);
    return c.reject(code_of(*s.worst), {r.place}, r.place + ": " + s.problem);
}

} // namespace

std::vector<bool> Reading::ds_keys(const Case& c) const {
    std::vector<bool> out;
    for (const auto& k : dnskey)
        out.push_back(is_usable(k) &&
                      std::ranges::any_of(c.r.ds, [&](const auto& d) { return c.v.matches(c.e.child, d, k); }));
    return out;
}

bool dnskey_holds(Case& c, const Reading& r) {
    return hangs_on_ds(c, r, r.ds_keys(c));
}

bool validated(Case& c, const Reading& r, const Answer& a, bool counts_for_age) {
    if (!a.set) return c.reject("csync-unvalidated", {r.place}, r.place + " " + failure_words(a));
    const auto s = signed_by(
        c.v, c.e.child, *a.set, a.rrsigs, r.dnskey, [&](std::size_t i) { return is_usable(r.dnskey[i]); }, c.now);
    if (s.valid()) {
        if (counts_for_age) c.rests_on(r.dnskey[s.key], *s.inception);
        return true;
    }
    if (out_of_work(c)) return false;
    const std::string why = s.problem.empty() ? "is not signed by a key of that server" : s.problem;
    return c.reject("csync-unvalidated", {r.place},
                    fmt::format("{}: {} {}: {}", r.place, a.set->owner.text(), dns::to_string(a.set->type), why));
}

bool denied(Case& c, const Reading& r, const Answer& a, const dns::Name& name, dns::Type type) {
    for (const auto& proof : a.denial) {
        const auto says = dnssec::denies_type(c.e.child, proof.set, name, type, c.p.max_nsec3_iterations);
        if (says == dnssec::Denial::too_costly)
            return c.reject("nsec3-iterations", {r.place},
                            fmt::format("{} uses NSEC3 with more than {} iterations: its denials are not looked at "
                                        "(RFC 9276)",
                                        r.place, c.p.max_nsec3_iterations));
        if (says != dnssec::Denial::proved) continue;
        const auto s = signed_by(
            c.v, c.e.child, proof.set, proof.rrsigs, r.dnskey, [&](std::size_t i) { return is_usable(r.dnskey[i]); },
            c.now);
        if (s.valid()) return true;
        if (out_of_work(c)) return false;
    }
    return c.reject(
        "denial-missing", {r.place},
        fmt::format("{} does not prove that {} has no {} records", r.place, name.text(), dns::to_string(type)));
}

bool signed_by_ds_keys(Case& c) {
    for (const Reading* r : c.whole) {
        const auto trusted = r->ds_keys(c);
        if (!hangs_on_ds(c, *r, trusted) || !wish_signed(c, *r, r->said->cds, trusted) ||
            !wish_signed(c, *r, r->said->cdnskey, trusted))
            return false;
    }
    if (c.inception) return true;
    return c.reject("unsigned", {}, "No server has a signed CDS or CDNSKEY");
}

bool signed_by_own_keys(Case& c) {
    for (const Reading* r : c.whole) {
        std::vector<bool> usable;
        for (const auto& k : r->dnskey) usable.push_back(is_usable(k));
        if (!wish_signed(c, *r, r->said->cds, usable) || !wish_signed(c, *r, r->said->cdnskey, usable)) return false;
    }
    if (c.inception) return true;
    return c.reject("unsigned", {}, "No server has a signed CDS or CDNSKEY");
}

bool newer_than_last(Case& c) {
    if (!c.r.last_change) return true;
    const auto& last = *c.r.last_change;
    const std::string since = fmt::format("signed at {}", to_rfc3339(*c.inception));
    if (last.channel == Channel::in_band && last.inception) {
        if (!c.older_than(last.by_key, *last.inception)) return true;
        return c.reject("replay", {},
                        fmt::format("The oldest answer was {}; what was acted on last is newer, signed at {}. A server "
                                    "may be behind, or somebody sends old answers again",
                                    since, to_rfc3339(*last.inception)));
    }
    if (*c.inception > last.at) return true;
    return c.reject(
        "replay-out-of-band", {},
        fmt::format("The oldest answer was {}, before the delegation was changed by another way at {}. Sign "
                    "CDS and CDNSKEY anew if they still hold",
                    since, to_rfc3339(last.at)));
}

} // namespace tutti::accept
