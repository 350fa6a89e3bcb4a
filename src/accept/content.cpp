// What CDS and CDNSKEY say, and which DS set that makes (R14 to R20, R26).
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tutti::accept {

namespace {

bool contains(const std::vector<std::uint8_t>& list, std::uint8_t n) {
    return std::ranges::find(list, n) != list.end();
}

bool counted(const Policy& p, const dnssec::Ds& d) {
    return contains(p.cds_digest_types, d.digest_type);
}

// ---- one answer ----

bool answer_well_formed(Case& c, const std::string& where, const Answer& a, dns::Type type) {
    const bool broken = a.outcome == Outcome::malformed || (a.outcome == Outcome::records) != a.set.has_value();
    if (broken) return c.reject("malformed", {where}, where + " sends a malformed answer. " + a.detail);
    if (!a.set) return true;
    if (a.set->owner != c.e.child || a.set->type != type || a.set->rdata.empty())
        return c.reject("wrong-answer", {where}, where + " answers with records that were not asked for");
    const auto readable = [&](const dns::Rdata& rdata) {
        if (type == dns::Type::CDS) return dnssec::parse_ds(rdata).has_value();
        return dnssec::parse_dnskey(rdata).has_value();
    };
    if (std::ranges::all_of(a.set->rdata, readable)) return true;
    return c.reject("malformed", {where},
                    fmt::format("{} has a {} record that is too short to be one", where, dns::to_string(type)));
}

// ---- the request to delete (RFC 8078 section 4) ----

bool delete_well_formed(Case& c, const Reading& r) {
    const auto half = [](const auto& records) {
        return std::ranges::any_of(records, [](const auto& x) { return x.algorithm == 0 && !is_delete(x); });
    };
    if (half(r.cds) || half(r.cdnskey))
        return c.reject("delete-wrong-fields", {r.place},
                        r.place + " has a CDS or CDNSKEY with algorithm 0 that is not the request to delete: that is "
                                  "exactly CDS \"0 0 0 00\" and CDNSKEY \"0 3 0 AA==\"");
    const auto mixed = [](const auto& records) {
        return records.size() > 1 && std::ranges::any_of(records, [](const auto& x) { return is_delete(x); });
    };
    if (mixed(r.cds) || mixed(r.cdnskey))
        return c.reject("delete-mixed", {r.place},
                        r.place + " has the request to delete together with other records; it must stand alone");
    return true;
}

bool key_well_formed(Case& c, const std::string& where, const dnssec::Dnskey& k) {
    if (is_delete(k)) return true;
    const std::string key = fmt::format("{}: key {}", where, k.tag());
    if (k.protocol != 3)
        return c.reject("cdnskey-protocol", {where}, fmt::format("{} has protocol {}, not 3", key, k.protocol));
    if (!k.zone_key())
        return c.reject("cdnskey-zone-bit", {where}, key + " has no zone bit: no validator takes it as a zone's key");
    if (k.revoked()) return c.reject("cdnskey-revoked", {where}, key + " is revoked (RFC 5011)");
    return true;
}

// ---- names for keys: equal exactly where the keys are (R13) ----

using KnownKeys = std::map<std::pair<std::uint8_t, dnssec::KeyTag>, std::set<dnssec::Dnskey>>;

KnownKeys known_keys(const Case& c) {
    KnownKeys out;
    std::set<dnssec::Dnskey> all; // most servers have the same ones, and a tag takes a look at every octet
    for (const auto& reading : c.readings)
        for (const auto* keys : {&reading.dnskey, &reading.cdnskey}) all.insert(keys->begin(), keys->end());
    for (const auto& k : all) out[{k.algorithm, k.tag()}].insert(k);
    return out;
}

// The limits on one answer, for all servers together: hundreds of different keys at dozens of addresses would have to
// be compared each with each (R71).
bool few_enough(Case& c, const KnownKeys& known) {
    std::set<dnssec::Ds> cds;
    for (const auto& r : c.readings) cds.insert(r.cds.begin(), r.cds.end());
    std::size_t keys = 0;
    for (const auto& [tag, same] : known) {
        keys += same.size();
        if (same.size() > 2UL * c.p.max_same_tag)
            return c.reject("same-tag", {},
                            fmt::format("The servers have {} keys with the tag {}", same.size(), tag.second));
    }
    if (cds.size() <= c.p.max_records && keys <= 4UL * c.p.max_records) return true;
    return c.reject("too-many-records", {},
                    fmt::format("The servers have {} different CDS and {} different keys", cds.size(), keys));
}

// A CDS of a key that nobody shows (a stand-by key) is named by itself.
std::string refer(Case& c, const KnownKeys& known, const dnssec::Ds& d) {
    if (const auto same = known.find({d.algorithm, d.tag}); same != known.end())
        for (const auto& k : same->second)
            if (c.v.matches(c.e.child, d, k)) return "key " + k.rdata();
    return "digest " + d.rdata();
}

bool same_wish(Case& c, Reading& r, const KnownKeys& known) {
    std::set<std::string> by_cds, by_cdnskey;
    for (const auto& d : r.cds) {
        if (is_delete(d)) by_cds.insert("delete");
        if (!is_delete(d) && counted(c.p, d)) by_cds.insert(refer(c, known, d));
    }
    for (const auto& k : r.cdnskey) by_cdnskey.insert(is_delete(k) ? "delete" : "key " + k.rdata());
    r.keys = by_cds;
    r.keys.insert(by_cdnskey.begin(), by_cdnskey.end());
    if (r.keys.empty() && !r.silent()) r.keys.insert("nothing usable");
    if (by_cds.empty() || by_cdnskey.empty() || by_cds == by_cdnskey) return true;
    return c.reject("cds-cdnskey-differ", {r.place},
                    r.place + " has CDS and CDNSKEY for different keys; both must say the same (RFC 7344 section 4)");
}

} // namespace

bool well_formed(Case& c) {
    for (const auto& t : c.e.servers) {
        if (std::ranges::find(c.r.ns, t.ns) == c.r.ns.end()) continue;
        const std::string where = place(t);
        if (!answer_well_formed(c, where, t.cds, dns::Type::CDS) ||
            !answer_well_formed(c, where, t.cdnskey, dns::Type::CDNSKEY) ||
            !answer_well_formed(c, where, t.dnskey, dns::Type::DNSKEY))
            return false;
    }
    const KnownKeys known = known_keys(c);
    if (!few_enough(c, known)) return false;
    for (auto& reading : c.readings) {
        if (!delete_well_formed(c, reading)) return false;
        for (const auto& k : reading.cdnskey)
            if (!key_well_formed(c, reading.place, k)) return false;
        if (!same_wish(c, reading, known)) return false;
    }
    return true;
}

std::vector<dnssec::Ds> wanted_from(const dns::Name& child, const std::vector<dnssec::Ds>& cds,
                                    const std::vector<dnssec::Dnskey>& cdnskey, const Policy& policy) {
    const bool by_cds = policy.source == Source::cds || (policy.source == Source::prefer_cds && !cds.empty()) ||
                        (policy.source == Source::prefer_cdnskey && cdnskey.empty());
    std::vector<dnssec::Ds> out;
    if (by_cds) {
        std::ranges::copy_if(cds, std::back_inserter(out), [&](const auto& d) { return counted(policy, d); });
    } else {
        for (const auto& k : cdnskey)
            for (const auto digest : policy.digest_types)
                if (auto ds = dnssec::make_ds(child, k, digest)) out.push_back(*std::move(ds));
    }
    return sorted(std::move(out));
}

bool same_keys(const dns::Name& child, const std::vector<dnssec::Ds>& ds, const std::vector<dnssec::Dnskey>& keys) {
    const auto covers = [&](const auto& d) { return [&](const auto& k) { return dnssec::matches(child, d, k); }; };
    return std::ranges::all_of(ds, [&](const auto& d) { return std::ranges::any_of(keys, covers(d)); }) &&
           std::ranges::all_of(keys, [&](const auto& k) {
               return std::ranges::any_of(ds, [&](const auto& d) { return dnssec::matches(child, d, k); });
           });
}

namespace {

// ---- the DS set ----

// Digest types that are not used must not lose a key: all keys, or none (R18).
bool no_key_lost(Case& c, const std::vector<dnssec::Ds>& all_cds) {
    std::set<std::string> ignored;
    for (const auto& d : all_cds) {
        if (counted(c.p, d)) continue;
        const bool kept =
            std::ranges::any_of(c.want.ds, [&](const auto& w) { return w.tag == d.tag && w.algorithm == d.algorithm; });
        const std::string what = fmt::format("the CDS of key {} with digest type {}", ds_words(d), d.digest_type);
        if (!kept)
            return c.reject(c.want.ds.empty() ? "digest-unusable" : "digest-drops-key", {},
                            fmt::format("{} is not accepted, and that key has no other CDS; accepted are digest types "
                                        "{}",
                                        what, fmt::join(c.p.cds_digest_types, ", ")));
        ignored.insert(what);
    }
    for (const auto& what : ignored) c.remark(Reason::Weight::note, "digest-ignored", {}, what + " is ignored");
    return true;
}

bool ds_usable(Case& c, const dnssec::Ds& d) {
    const std::size_t length = d.digest_type == 2 ? 32 : 48;
    if (d.digest.size() != length)
        return c.reject("digest-length", {},
                        fmt::format("the CDS of key {} has a digest of {} octets; digest type {} has {}", ds_words(d),
                                    d.digest.size(), d.digest_type, length));
    if (!contains(c.p.algorithms, d.algorithm))
        return c.reject("algorithm-refused", {},
                        fmt::format("key {} uses an algorithm that is not accepted; accepted are {}", ds_words(d),
                                    fmt::join(c.p.algorithms, ", ")));
    for (const Reading* r : c.whole)
        for (const auto& k : r->dnskey)
            if (c.v.matches(c.e.child, d, k)) {
                if (!key_well_formed(c, r->place, k)) return false;
                if (!k.sep() && r == c.whole.front())
                    c.remark(Reason::Weight::warning, "not-sep", {r->place},
                             fmt::format("key {} has no SEP bit: it looks like a zone-signing key", k.tag()));
            }
    return true;
}

bool digests_even(Case& c) {
    std::map<std::pair<dnssec::KeyTag, std::uint8_t>, std::set<std::uint8_t>> types;
    for (const auto& d : c.want.ds) types[{d.tag, d.algorithm}].insert(d.digest_type);
    if (std::ranges::all_of(types, [&](const auto& t) { return t.second == types.begin()->second; })) return true;
    const std::string text = "not every key has CDS with the same digest types";
    if (c.p.require_consistent_digests) return c.reject("digests-uneven", {}, text);
    c.remark(Reason::Weight::warning, "digests-uneven", {}, text);
    return true;
}

bool sources_there(Case& c, bool any_cds, bool any_cdnskey) {
    if (c.p.require_both && (!any_cds || !any_cdnskey))
        return c.reject("both-required", {}, "This registry wants both CDS and CDNSKEY");
    if (c.p.source == Source::cds && !any_cds)
        return c.reject("source-missing", {}, "This registry reads CDS; the child has only CDNSKEY");
    if (c.p.source == Source::cdnskey && !any_cdnskey)
        return c.reject("source-missing", {}, "This registry reads CDNSKEY; the child has only CDS");
    return true;
}

} // namespace

bool make_want(Case& c) {
    std::vector<dnssec::Ds> cds;
    std::set<dnssec::Dnskey> cdnskey;
    for (const auto& r : c.readings) {
        cds.insert(cds.end(), r.cds.begin(), r.cds.end());
        cdnskey.insert(r.cdnskey.begin(), r.cdnskey.end());
    }
    if (!sources_there(c, !cds.empty(), !cdnskey.empty())) return false;
    c.want.remove = std::ranges::any_of(c.readings, [](const auto& r) { return r.wants_delete(); });
    if (c.want.remove) return true;
    c.want.ds = wanted_from(c.e.child, cds, {cdnskey.begin(), cdnskey.end()}, c.p);
    if (!no_key_lost(c, cds)) return false;
    if (c.want.ds.empty()) return c.reject("digest-unusable", {}, "The child has no CDS that can be used");
    if (c.want.ds.size() > c.p.max_ds)
        return c.reject("too-many-ds", {},
                        fmt::format("The child asks for {} DS; at most {} are taken", c.want.ds.size(), c.p.max_ds));
    for (const auto& d : c.want.ds)
        if (!ds_usable(c, d)) return false;
    return digests_even(c);
}

} // namespace tutti::accept
