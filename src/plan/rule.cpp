#include "plan/rule.hpp"

#include "plan/topology.hpp"

#include <algorithm>

namespace tutti::plan {

using model::KeySet;
using model::Knowledge;

namespace {

const model::Signer& signer_of(const Scene& s, const Entry& e) {
    return s.k->signers[static_cast<std::size_t>(e.signer)];
}

// What an unknown older version is measured against: a change may not take away anything that is there now.
model::DnskeySet baseline(const Scene& s, const DnskeyEntry& e) {
    const auto* current = signer_of(s, e).dnskey.current();
    return current == nullptr ? model::DnskeySet{} : current->content;
}
KeySet served_ds(const Scene& s) {
    const auto* current = s.k->parent.ds.current();
    return current == nullptr ? KeySet{} : current->content;
}
bool planned(const Entry& e) {
    return e.introduced && e.version < 0 && !e.unknown;
}
// Where the parent has no DS nobody validates, and whatever does not fit does no harm. The first DS makes all of it
// count.
bool first_ds(const Scene& s) {
    return served_ds(s).empty() &&
           std::ranges::any_of(s.ds, [](const auto& e) { return e.introduced && !e.keys.empty(); });
}

std::uint64_t algorithms_in(const Knowledge& k, KeySet keys, std::size_t word) {
    std::uint64_t out = 0;
    for (int i : keys)
        if (auto a = k.keys[static_cast<std::size_t>(i)].algorithm; a / 64U == word)
            out |= std::uint64_t{1} << (a % 64U);
    return out;
}
bool algorithms_covered(const Knowledge& k, KeySet wanted, KeySet by) {
    for (std::size_t word = 0; word < 4; ++word)
        if ((algorithms_in(k, wanted, word) & ~algorithms_in(k, by, word)) != 0) return false;
    return true;
}

bool chain_broken(const Scene& s, const DsEntry& p, const DnskeyEntry& key) {
    if (p.unknown || key.unknown) {
        if (!p.introduced && !key.introduced) return false; // nothing new meets it
        if (planned(p) && !p.keys.empty() && served_ds(s).empty()) return true;
        if (planned(p)) return !p.keys.includes(may_be_at_parent(s));
        if (planned(key))
            return !key.signed_by.includes(baseline(s, key).signed_by & key.keys) ||
                   !key.keys.includes(baseline(s, key).signed_by);
        return true;
    }
    return !p.keys.empty() && !p.keys.meets(key.signed_by & key.keys);
}

bool signatures_broken(const Scene& s, const DataEntry& data, const DnskeyEntry& key, bool first) {
    if (data.unknown || key.unknown) {
        if (!data.introduced && !key.introduced) return first;
        if (planned(key)) return !key.keys.includes(baseline(s, key).keys);
        return true;
    }
    if (data.together == nullptr) return !key.keys.includes(data.keys);
    return std::ranges::any_of(*data.together, [&](KeySet set) { return !set.meets(key.keys); });
}

// What is not known may lack an algorithm that the parent has not asked for so far.
bool brings_an_algorithm(const Scene& s, const DsEntry& p) {
    return planned(p) && !algorithms_covered(*s.k, p.keys, served_ds(s));
}
bool algorithms_broken(const Knowledge& k, const DsEntry& p, KeySet by) {
    return !p.unknown && !p.keys.empty() && !algorithms_covered(k, p.keys, by);
}

// Each algorithm of the DS RRset must have a DS whose key signs the DNSKEY RRset.
KeySet anchors(const DsEntry& p, const DnskeyEntry& key) {
    return p.keys & key.keys & key.signed_by;
}
bool algorithms_broken(const Scene& s, const DsEntry& p, const DnskeyEntry& key) {
    return key.unknown ? brings_an_algorithm(s, p) : algorithms_broken(*s.k, p, anchors(p, key));
}

// Every RRset must be signed by every algorithm of the DS RRset, with keys that the validator has.
bool algorithms_broken(const Scene& s, const DsEntry& p, const DataEntry& data, KeySet usable) {
    if (data.unknown) return brings_an_algorithm(s, p);
    if (data.together != nullptr)
        return std::ranges::any_of(*data.together,
                                   [&](KeySet set) { return algorithms_broken(*s.k, p, set & usable); });
    for (int key : data.keys)
        if (algorithms_broken(*s.k, p, KeySet::of(key) & usable)) return true;
    return false;
}
constexpr KeySet kAny = KeySet::from_raw(~std::uint64_t{0});

// A zone with a DS must be signed.
bool unsigned_broken(const DsEntry& p, const DataEntry& data, bool first) {
    if (data.unknown) return first && p.introduced && !p.keys.empty();
    return data.is_unsigned() && !p.unknown && !p.keys.empty();
}

Instant end_of(const Entry& a, const Entry& b) {
    return std::min(a.introduced ? kNever : a.dies, b.introduced ? kNever : b.dies);
}

// Signatures of several algorithms stand together, and the DNSKEY RRset has not the keys of all of them.
void each_downgrade(const Scene& s, int p, int z, auto&& wanted, auto&& emit) {
    const auto& ds = s.ds[static_cast<std::size_t>(p)];
    const auto& data = s.data[static_cast<std::size_t>(z)];
    for (int d = 0; d < static_cast<int>(s.dnskey.size()); ++d) {
        const auto& key = s.dnskey[static_cast<std::size_t>(d)];
        if (key.unknown || !wanted(ds, data, key)) continue;
        if (algorithms_broken(s, ds, data, key.keys) && !signatures_broken(s, data, key, false))
            emit({Conjunct::algorithms, p, d, z, std::min(end_of(ds, data), end_of(ds, key))}, ds, data);
    }
}

// Calls emit(Violation, first, second) for every pair that breaks the rule and that `wanted` lets through.
void each_violation(const Scene& s, const model::Policy& policy, auto&& wanted, auto&& emit) {
    const bool first = first_ds(s);
    for (int d = 0; d < static_cast<int>(s.dnskey.size()); ++d) {
        const auto& key = s.dnskey[static_cast<std::size_t>(d)];
        for (int p = 0; p < static_cast<int>(s.ds.size()); ++p) {
            const auto& ds = s.ds[static_cast<std::size_t>(p)];
            if (!wanted(ds, key)) continue;
            if (chain_broken(s, ds, key))
                emit({Conjunct::chain, p, d, -1, end_of(ds, key)}, ds, key);
            else if (policy.strict_algorithms && algorithms_broken(s, ds, key))
                emit({Conjunct::algorithms, p, d, -1, end_of(ds, key)}, ds, key);
        }
        for (int z = 0; z < static_cast<int>(s.data.size()); ++z) {
            const auto& data = s.data[static_cast<std::size_t>(z)];
            if ((first || wanted(data, key)) && signatures_broken(s, data, key, first))
                emit({Conjunct::signatures, -1, d, z, end_of(data, key)}, data, key);
        }
    }
    for (int p = 0; p < static_cast<int>(s.ds.size()); ++p)
        for (int z = 0; z < static_cast<int>(s.data.size()); ++z) {
            const auto& ds = s.ds[static_cast<std::size_t>(p)];
            const auto& data = s.data[static_cast<std::size_t>(z)];
            if (wanted(ds, data) && unsigned_broken(ds, data, first))
                emit({Conjunct::unsigned_data, p, -1, z, end_of(ds, data)}, ds, data);
            else if (wanted(ds, data) && policy.strict_algorithms && algorithms_broken(s, ds, data, kAny))
                emit({Conjunct::algorithms, p, -1, z, end_of(ds, data)}, ds, data);
            else if (policy.strict_algorithms && data.together != nullptr)
                each_downgrade(s, p, z, wanted, emit);
        }
}

// A write at a place replaces what is served there: caches that would get the new content would get the old one
// otherwise. Where the old one breaks the same pair, and the new one takes nothing away, the write is no reason.
template <class List>
bool was_as_bad(const List& list, const auto& mine, auto&& is_bad) {
    return std::any_of(list.begin(), list.end(), [&](const auto& e) {
        return !e.introduced && !e.unknown && e.dies == kNever && e.signer == mine.signer && is_bad(e);
    });
}

// What `signer` serves now, as an entry, whether or not anybody asks it.
DnskeyEntry served_now(const Scene& s, const DnskeyEntry& mine) {
    auto content = baseline(s, mine);
    DnskeyEntry e{Entry{mine}, content.keys, content.signed_by};
    e.introduced = false;
    return e;
}

bool excused(const Scene& s, const Violation& v) {
    const auto at = [](const auto& list, int i) -> const auto& { return list[static_cast<std::size_t>(i)]; };
    if (v.dnskey >= 0 && planned(at(s.dnskey, v.dnskey))) {
        const auto& mine = at(s.dnskey, v.dnskey);
        const auto old = served_now(s, mine);
        if (v.conjunct == Conjunct::chain)
            return mine.signed_by.includes(old.signed_by) && chain_broken(s, at(s.ds, v.ds), old);
        if (v.conjunct == Conjunct::algorithms && v.data >= 0)
            return mine.keys.includes(old.keys) && algorithms_broken(s, at(s.ds, v.ds), at(s.data, v.data), old.keys);
        if (v.conjunct == Conjunct::algorithms)
            return mine.signed_by.includes(old.signed_by) && algorithms_broken(s, at(s.ds, v.ds), old);
        const auto& data = at(s.data, v.data);
        return !data.unknown && !data.introduced && mine.keys.includes(old.keys & data.keys) &&
               signatures_broken(s, data, old, false);
    }
    if (v.conjunct != Conjunct::chain || !planned(at(s.ds, v.ds))) return false;
    const auto& key = at(s.dnskey, v.dnskey);
    return was_as_bad(s.ds, at(s.ds, v.ds), [&](const auto& e) { return !e.from_cds && chain_broken(s, e, key); });
}

// Resolvers come to these signers, and to those that these name in turn.
void send_resolvers_to(Scene& scene, model::SignerSet signers) {
    const Knowledge& k = *scene.k;
    model::SignerSet all = signers;
    for (model::SignerSet before; before != all;) {
        before = all;
        for (int s : before)
            for (const auto& v : k.signers[static_cast<std::size_t>(s)].ns_child.versions)
                if (v.open() && !v.unknown) all |= owners(k, v.content);
    }
    for (int s : all)
        if (signers.has(s) || !scene.proven.has(s)) introduce(scene, s);
}

} // namespace

std::vector<Violation> broken_now(const Scene& scene, const model::Policy& policy) {
    std::vector<Violation> out;
    each_violation(
        scene, policy, [](const auto&... e) { return (e.proven && ...); },
        [&](const Violation& v, const Entry&, const Entry&) { out.push_back(v); });
    return out;
}

std::vector<Violation> caused(const Scene& scene, const model::Policy& policy) {
    std::vector<Violation> out;
    each_violation(
        scene, policy, [](const auto&... e) { return (e.introduced || ...); },
        [&](const Violation& v, const Entry&, const Entry&) {
            if (!excused(scene, v)) out.push_back(v);
        });
    return out;
}

void imagine(Scene& scene, const model::Action& a) {
    const Entry planned_entry{a.signer, -1, 0, kNever, false, false, true};
    switch (a.kind) {
    case model::Action::Kind::dnskey: {
        const auto* current = scene.k->signers[static_cast<std::size_t>(a.signer)].dnskey.current();
        if (current == nullptr || !scene.reachable.has(a.signer)) return;
        const auto content = written(*scene.k, a);
        scene.dnskey.push_back({planned_entry, content.keys, content.signed_by & content.keys});
        return;
    }
    case model::Action::Kind::ds: {
        scene.ds.push_back({planned_entry, (served_ds(scene) | a.add_keys) - a.remove_keys, false});
        // A change is added to what is there when it arrives: that may be a write that is still on its way.
        for (const auto& v : scene.k->parent.ds.versions)
            if (v.pending && v.open())
                scene.ds.push_back({planned_entry, (v.content | a.add_keys) - a.remove_keys, false});
        return;
    }
    case model::Action::Kind::cds: {
        if (!scene.delegated.has(a.signer)) return;
        const auto* current = scene.k->signers[static_cast<std::size_t>(a.signer)].cds.current();
        KeySet before = current == nullptr ? KeySet{} : current->content.named();
        Entry e = planned_entry;
        e.signer = model::kNobody;
        scene.ds.push_back({e, (before | a.add_keys) - a.remove_keys, true});
        return;
    }
    case model::Action::Kind::ns_child:
        if (scene.reachable.has(a.signer)) send_resolvers_to(scene, owners(*scene.k, a.add_names));
        return;
    case model::Action::Kind::ns_parent:
        send_resolvers_to(scene, owners(*scene.k, a.add_names));
        return;
    case model::Action::Kind::csync:
        return;
    }
}

} // namespace tutti::plan
