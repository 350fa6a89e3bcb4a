#include "plan/scene.hpp"

#include <algorithm>

namespace tutti::plan {

using model::KeySet;
using model::Knowledge;
using model::SignerSet;

namespace {

Instant plus(Instant t, Duration d) {
    return t == kNever ? kNever : t + d;
}

bool some_address_unknown(const auto& track) {
    return track.sights.empty() ||
           std::any_of(track.sights.begin(), track.sights.end(), [](const auto& s) { return s.version < 0; });
}

// One version of a signer's track, if some cache may still hold it.
struct Held {
    bool alive = false, proven = false;
    Instant dies;
};
Held held(const auto& version, int signer, Instant dead_since, const Reach& may, const Reach& sure, Duration margin,
          Instant now) {
    Duration life = std::chrono::seconds(version.ttl) + margin;
    Instant until = std::min(version.until, dead_since);
    Instant upto_now = std::min(until, now + Duration{1});
    Instant last = may.last_in(signer, version.from, upto_now);
    if (last == Reach::kNoTime || last + life <= now) return {};
    Instant sure_last =
        version.pending || version.unknown ? Reach::kNoTime : sure.last_in(signer, version.from, upto_now);
    return {true, sure_last != Reach::kNoTime && sure_last + life > now,
            plus(may.last_in(signer, version.from, until), life)};
}

DataEntry data_entry(const model::Version<model::Data>& v, const Entry& e) {
    return {e, v.content.keys, v.content.together.empty() ? nullptr : &v.content.together};
}

void look_at_signer(Scene& scene, const Knowledge& k, int s, const Reach& may, const Reach& sure, Duration margin) {
    const auto& signer = k.signers[static_cast<std::size_t>(s)];
    const auto each = [&](const auto& track, auto&& emit) {
        for (std::size_t i = 0; i < track.versions.size(); ++i) {
            const auto& v = track.versions[i];
            Held h = held(v, s, signer.declared_dead, may, sure, margin, scene.now);
            if (h.alive) emit(v, Entry{s, static_cast<int>(i), v.ttl, h.dies, h.proven, v.unknown, false});
        }
        // An address that never answered may serve anything; so may a signer that was never looked at.
        if (scene.reachable.has(s) && signer.declared_dead == kNever && some_address_unknown(track))
            emit(typename std::remove_cvref_t<decltype(track.versions)>::value_type{},
                 Entry{s, -1, 0, kNever, false, true, false});
    };
    each(signer.dnskey,
         [&](const auto& v, Entry e) { scene.dnskey.push_back({e, v.content.keys, v.content.signed_by}); });
    each(signer.data, [&](const auto& v, Entry e) { scene.data.push_back(data_entry(v, e)); });
}

void look_at_ds(Scene& scene, const Knowledge& k, Duration margin) {
    const auto& track = k.parent.ds;
    for (std::size_t i = 0; i < track.versions.size(); ++i) {
        const auto& v = track.versions[i];
        Instant dies = plus(v.dies(), margin);
        if (dies > scene.now)
            scene.ds.push_back(
                {Entry{model::kNobody, static_cast<int>(i), v.ttl, dies, !v.pending && !v.unknown, v.unknown, false},
                 v.content, false});
    }
    if (some_address_unknown(track))
        scene.ds.push_back({Entry{model::kNobody, -1, 0, kNever, false, true, false}, {}, false});
}

// What a child published once is history when the parent has settled on what the children publish now, and did so after
// it was there to be read. Where it has had that all along it may yet act on what lay between: for a while.
bool is_history(const Knowledge& k, const model::Version<model::CdsSet>& v, KeySet published, Duration patience,
                Instant now) {
    const auto& ds = k.parent.ds;
    if (v.open() || !ds.everywhere(published)) return false;
    if (ds.current()->from >= v.from) return true;
    return now > v.until + patience &&
           std::ranges::all_of(ds.sights, [](const auto& s) { return s.silent_since == kNever; });
}

// A CDS set once published at a delegated signer is a DS set that may be live from that moment on.
void look_at_cds(Scene& scene, const Knowledge& k, Duration patience) {
    if (!k.parent.reads_cds) return;
    for (int s : scene.delegated) {
        const auto& track = k.signers[static_cast<std::size_t>(s)].cds;
        const auto* current = track.current();
        for (std::size_t i = 0; i < track.versions.size(); ++i) {
            const auto& v = track.versions[i];
            if (v.unknown || v.content.empty()) continue;
            if (current != nullptr && is_history(k, v, current->content.named(), patience, scene.now)) continue;
            Entry e{s, static_cast<int>(i), v.ttl, kNever, false, false, false};
            if (!v.content.cds.empty()) scene.ds.push_back({e, v.content.cds, true});
            if (!v.content.cdnskey.empty() && v.content.cdnskey != v.content.cds)
                scene.ds.push_back({e, v.content.cdnskey, true});
        }
    }
}

// Whom the parent's servers name, or may come to name: writes under way, and what CSYNC at the delegated signers asks.
SignerSet look_at_delegation(const Knowledge& k) {
    SignerSet out;
    for (const auto& v : k.parent.ns.versions)
        if (v.open() && !v.unknown) out |= owners(k, v.content);
    if (!k.parent.reads_cds) return out;
    SignerSet more = out;
    for (int s : out)
        for (const auto& v : k.signers[static_cast<std::size_t>(s)].ns_child.versions)
            if (v.open() && !v.unknown) more |= owners(k, v.content);
    return more;
}

bool has_guesses(const Knowledge& k) {
    const auto guess = [](const auto& track) {
        return std::any_of(track.versions.begin(), track.versions.end(),
                           [](const auto& v) { return v.unknown || v.pending; });
    };
    return guess(k.parent.ns) ||
           std::any_of(k.signers.begin(), k.signers.end(), [&](const auto& s) { return guess(s.ns_child); });
}

} // namespace

KeySet may_be_at_parent(const Scene& scene) {
    KeySet out;
    for (const auto& e : scene.ds)
        if (e.dies == kNever && !e.introduced) out |= e.keys;
    return out;
}

Scene look(const Knowledge& k, const model::Policy& policy, Instant now) {
    Reach may(k, policy, true);
    std::optional<Reach> other;
    if (has_guesses(k)) other.emplace(k, policy, false);
    const Reach& sure = other ? *other : may;

    Scene scene;
    scene.k = &k;
    scene.now = now;
    scene.reachable = may.all_at(now);
    scene.proven = sure.all_at(now);
    scene.delegated = look_at_delegation(k);
    scene.ds.reserve(8);
    scene.dnskey.reserve(8);
    scene.data.reserve(8);
    for (std::size_t s = 0; s < k.signers.size(); ++s)
        look_at_signer(scene, k, static_cast<int>(s), may, sure, policy.margin);
    look_at_ds(scene, k, policy.margin);
    look_at_cds(scene, k, policy.patience);
    return scene;
}

void introduce(Scene& scene, int s) {
    const auto& signer = scene.k->signers[static_cast<std::size_t>(s)];
    // Everything that the signer serves now comes into caches with the change; mark it, or add it.
    const auto bring_in = [&](const auto& track, auto& entries, auto&& make) {
        std::erase_if(entries, [&](const auto& e) {
            return e.signer == s && (e.version < 0 || track.versions[static_cast<std::size_t>(e.version)].open());
        });
        for (std::size_t i = 0; i < track.versions.size(); ++i)
            if (const auto& v = track.versions[i]; v.open())
                entries.push_back(make(v, Entry{s, static_cast<int>(i), v.ttl, kNever, false, v.unknown, true}));
        if (some_address_unknown(track))
            entries.push_back(make(typename std::remove_cvref_t<decltype(track.versions)>::value_type{},
                                   Entry{s, -1, 0, kNever, false, true, true}));
    };
    bring_in(signer.dnskey, scene.dnskey,
             [](const auto& v, Entry e) { return DnskeyEntry{e, v.content.keys, v.content.signed_by}; });
    bring_in(signer.data, scene.data, [](const auto& v, Entry e) { return data_entry(v, e); });
    scene.reachable.add(s);
    if (!scene.k->parent.reads_cds || scene.delegated.has(s)) return; // where it is named, its CDS counts already
    for (const auto& v : signer.cds.versions) {
        if (!v.open() || v.unknown || v.content.empty()) continue;
        Entry e{s, -1, v.ttl, kNever, false, false, true};
        if (!v.content.cds.empty()) scene.ds.push_back({e, v.content.cds, true});
        if (!v.content.cdnskey.empty() && v.content.cdnskey != v.content.cds)
            scene.ds.push_back({e, v.content.cdnskey, true});
    }
}

} // namespace tutti::plan
