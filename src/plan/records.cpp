#include "plan/records.hpp"

#include "plan/intern.hpp"

#include <algorithm>

namespace tutti::plan {

using dns::Rdata;
using dns::Type;
using model::Action;
using model::KeySet;
using model::Knowledge;
using model::NameSet;
using model::RrChange;

namespace {

const model::Key& key_at(const Knowledge& k, int i) {
    return k.keys[static_cast<std::size_t>(i)];
}

std::vector<Rdata> dnskeys(const Knowledge& k, KeySet keys) {
    std::vector<Rdata> out;
    for (int i : keys)
        if (key_at(k, i).dnskey) out.push_back(key_at(k, i).dnskey->rdata());
    std::sort(out.begin(), out.end());
    return out;
}

// DS or CDS of these keys, in the digest types of the policy.
std::vector<Rdata> digests(const Knowledge& k, KeySet keys, const model::Policy& policy) {
    std::vector<Rdata> out;
    for (int i : keys)
        for (auto type : policy.digest_types)
            if (auto ds = ds_of(key_at(k, i), type)) out.push_back(ds->rdata());
    std::sort(out.begin(), out.end());
    return out;
}

// Every digest of these keys that may be there, whoever put it there.
std::vector<Rdata> all_digests(const Knowledge& k, KeySet keys) {
    std::vector<Rdata> out;
    for (int i : keys)
        for (const auto& ds : key_at(k, i).ds) out.push_back(ds.rdata());
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Rdata> targets(const Knowledge& k, NameSet names) {
    std::vector<Rdata> out;
    for (int i : names) out.push_back(dns::ns_rdata(k.ns_names[static_cast<std::size_t>(i)].name));
    std::sort(out.begin(), out.end());
    return out;
}

template <class Track>
auto served(const Track& track) {
    using Content = std::remove_cvref_t<decltype(track.current()->content)>;
    return track.current() == nullptr ? Content{} : track.current()->content;
}
dns::Ttl ttl_of(const auto& track, dns::Ttl fallback) {
    return track.current() == nullptr ? fallback : track.current()->ttl_shown();
}

RrChange ns_change(const Knowledge& k, const Action& a, const model::Track<NameSet>& track,
                   const model::Policy& policy) {
    return {.owner = k.zone,
            .type = Type::NS,
            .ttl = ttl_of(track, policy.ns_ttl),
            .add = targets(k, a.add_names),
            .remove = targets(k, a.remove_names),
            .expect = targets(k, served(track))};
}

// The digests of a key that were seen are not all known to be served now, so there is no exact precondition for DS and
// CDS beyond the driver's own reading.
RrChange ds_change(const Knowledge& k, const Action& a, const model::Policy& policy) {
    const auto& track = k.parent.ds;
    bool signed_now = !served(track).empty();
    return {.owner = k.zone,
            .type = Type::DS,
            .ttl = signed_now ? ttl_of(track, policy.ds_ttl) : policy.ds_ttl,
            .add = digests(k, a.add_keys, policy),
            .remove = all_digests(k, a.remove_keys),
            .expect = {},
            .check_expect = false};
}

std::vector<RrChange> cds_changes(const Knowledge& k, const Action& a, const model::Signer& s,
                                  const model::Policy& policy) {
    dns::Ttl ttl = ttl_of(s.cds, 0) != 0 && !served(s.cds).empty() ? ttl_of(s.cds, 3600) : ttl_of(s.dnskey, 3600);
    RrChange cds{.owner = k.zone,
                 .type = Type::CDS,
                 .ttl = ttl,
                 .add = digests(k, a.add_keys, policy),
                 .remove = all_digests(k, a.remove_keys),
                 .expect = {},
                 .check_expect = false};
    RrChange cdnskey{.owner = k.zone,
                     .type = Type::CDNSKEY,
                     .ttl = ttl,
                     .add = dnskeys(k, a.add_keys),
                     .remove = dnskeys(k, a.remove_keys),
                     .expect = {},
                     .check_expect = false};
    const bool asked = served(s.cds).wants_delete;
    if (a.asks_delete != asked) {
        (a.asks_delete ? cds.add : cds.remove).push_back(dnssec::delete_ds().rdata());
        (a.asks_delete ? cdnskey.add : cdnskey.remove).push_back(dnssec::delete_dnskey().rdata());
    }
    return {cds, cdnskey};
}

RrChange dnskey_change(const Knowledge& k, const Action& a, const model::Signer& s) {
    const bool copies = a.copy_of != model::kNobody;
    const auto& source = copies ? k.signers[static_cast<std::size_t>(a.copy_of)] : s;
    return {.owner = k.zone,
            .type = Type::DNSKEY,
            .ttl = ttl_of(source.dnskey, 3600),
            .add = dnskeys(k, a.add_keys),
            .remove = dnskeys(k, a.remove_keys),
            .expect = dnskeys(k, served(s.dnskey).keys),
            .signed_by = copies ? dnskeys(k, served(source.dnskey).signed_by) : std::vector<Rdata>{}};
}

RrChange csync_change(const Knowledge& k, const Action& a, const model::Signer& s) {
    // Immediate, no soaminimum: serials of different signers mean nothing to each other (RFC 9975).
    Rdata rdata = dns::csync_rdata({.serial = 0, .immediate = true, .types = {Type::A, Type::NS, Type::AAAA}});
    RrChange c{.owner = k.zone,
               .type = Type::CSYNC,
               .ttl = ttl_of(s.dnskey, 3600),
               .add = {},
               .remove = {},
               .expect = {},
               .check_expect = false};
    (a.csync_on ? c.add : c.remove).push_back(rdata);
    return c;
}

} // namespace

std::vector<RrChange> compile(const Action& a, const Knowledge& k, const model::Policy& policy) {
    if (a.kind == Action::Kind::ds) return {ds_change(k, a, policy)};
    if (a.kind == Action::Kind::ns_parent) return {ns_change(k, a, k.parent.ns, policy)};
    const auto& s = k.signers[static_cast<std::size_t>(a.signer)];
    switch (a.kind) {
    case Action::Kind::dnskey:
        return {dnskey_change(k, a, s)};
    case Action::Kind::cds:
        return cds_changes(k, a, s, policy);
    case Action::Kind::ns_child:
        return {ns_change(k, a, s.ns_child, policy)};
    case Action::Kind::csync:
        return {csync_change(k, a, s)};
    default:
        return {};
    }
}

std::vector<dns::Record> wanted_at_parent(const Action& a, const Knowledge& k, const model::Policy& policy) {
    std::vector<dns::Record> out;
    const auto put = [&](Type type, dns::Ttl ttl, std::vector<Rdata> list) {
        for (auto& rdata : list) out.push_back({k.zone, type, ttl, std::move(rdata)});
    };
    if (a.kind == Action::Kind::ds)
        put(Type::DS, ds_change(k, a, policy).ttl,
            digests(k, (served(k.parent.ds) | a.add_keys) - a.remove_keys, policy));
    if (a.kind == Action::Kind::ns_parent)
        put(Type::NS, ttl_of(k.parent.ns, policy.ns_ttl),
            targets(k, (served(k.parent.ns) | a.add_names) - a.remove_names));
    return out;
}

} // namespace tutti::plan
