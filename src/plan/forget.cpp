// Nothing is kept that no cache can hold any more, so that knowledge stays small however long a zone is managed.
#include "plan/learn.hpp"
#include "plan/reach.hpp"

#include <algorithm>
#include <type_traits>

namespace tutti::plan {

using model::KeySet;
using model::Knowledge;
using model::NameSet;
using model::SignerSet;
using model::Track;

namespace {

void each_track(Knowledge& k, auto&& use) {
    use(k.parent.ds);
    use(k.parent.ns);
    for (auto& s : k.signers) {
        use(s.dnskey);
        use(s.data);
        use(s.ns_child);
        use(s.cds);
        use(s.csync);
    }
}

// How long after its end a version may still matter: through caches that refresh each other's NS, one after the other,
// and then through what was fetched from the last signer so reached.
Duration horizon(Knowledge& k, const model::Policy& policy) {
    std::int64_t largest = 0;
    each_track(k, [&](const auto& track) {
        for (const auto& v : track.versions) largest = std::max<std::int64_t>(largest, v.ttl);
    });
    return (std::chrono::seconds(largest) + policy.margin) * static_cast<int>(k.signers.size() + 2);
}

// Signers that resolvers can ask for ever by what is served now, starting at the parent.
SignerSet sustained(const Knowledge& k) {
    const auto named_by = [&](const auto& track) {
        SignerSet out;
        for (const auto& v : track.versions)
            if (v.open()) out |= owners(k, v.content);
        return out;
    };
    SignerSet out = named_by(k.parent.ns);
    for (SignerSet before; before != out;) {
        before = out;
        for (int s : before) out |= named_by(k.signers[static_cast<std::size_t>(s)].ns_child);
    }
    return out;
}

SignerSet asked_since(const Reach& reach, const Knowledge& k, Instant from, Instant now) {
    SignerSet out = reach.all_at(now);
    for (int s = 0; s < static_cast<int>(k.signers.size()); ++s)
        if (reach.last_in(s, from, now) >= from) out.add(s);
    return out;
}

void drop_versions(auto& track, Instant before) {
    std::vector<int> renumbered(track.versions.size(), -1);
    int kept = 0;
    for (std::size_t i = 0; i < track.versions.size(); ++i) {
        const auto& v = track.versions[i];
        bool seen = std::any_of(track.sights.begin(), track.sights.end(),
                                [&](const auto& s) { return s.version == static_cast<int>(i); });
        Instant over = v.refused.empty() ? v.until : v.tried;
        if (!v.open() && over < before && !seen) continue;
        renumbered[i] = kept;
        if (static_cast<std::size_t>(kept) != i)
            track.versions[static_cast<std::size_t>(kept)] = std::move(track.versions[i]);
        ++kept;
    }
    track.versions.resize(static_cast<std::size_t>(kept));
    for (auto& s : track.sights)
        if (s.version >= 0) s.version = renumbered[static_cast<std::size_t>(s.version)];
}

// Rewrites sets of numbers after the list that they point into has been shortened.
template <class Set>
Set renumber(Set set, const std::vector<int>& to) {
    Set out;
    for (int i : set)
        if (to[static_cast<std::size_t>(i)] >= 0) out.add(to[static_cast<std::size_t>(i)]);
    return out;
}

template <class List, class Set>
std::vector<int> shorten(List& list, Set used) {
    std::vector<int> to(list.size(), -1);
    List kept;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (used.has(static_cast<int>(i))) {
            to[i] = static_cast<int>(kept.size());
            kept.push_back(std::move(list[i]));
        }
    list = std::move(kept);
    return to;
}

KeySet keys_in(const model::DnskeySet& c) {
    return c.keys | c.signed_by;
}
KeySet keys_in(const model::Data& c) {
    return c.keys;
}
KeySet keys_in(const model::CdsSet& c) {
    return c.named();
}
KeySet keys_in(const KeySet& c) {
    return c;
}
KeySet keys_in(const NameSet&) {
    return {};
}
KeySet keys_in(bool) {
    return {};
}

void drop_keys(Knowledge& k) {
    KeySet used;
    each_track(k, [&](const auto& track) {
        for (const auto& v : track.versions) used |= keys_in(v.content);
    });
    for (const auto& s : k.signers) used |= s.offered;
    if (static_cast<std::size_t>(used.size()) == k.keys.size()) return;
    auto to = shorten(k.keys, used);
    const auto fix = [&](KeySet& s) { s = renumber(s, to); };
    for (auto& v : k.parent.ds.versions) fix(v.content);
    for (auto& s : k.signers) {
        fix(s.offered);
        fix(s.ledger);
        for (auto& v : s.dnskey.versions) {
            fix(v.content.keys);
            fix(v.content.signed_by);
        }
        for (auto& v : s.data.versions) {
            fix(v.content.keys);
            for (auto& set : v.content.together) fix(set);
        }
        for (auto& v : s.cds.versions) {
            fix(v.content.cds);
            fix(v.content.cdnskey);
        }
    }
}

void drop_names(Knowledge& k) {
    NameSet used;
    for (const auto& v : k.parent.ns.versions) used |= v.content;
    for (const auto& s : k.signers) {
        used |= s.ns;
        for (const auto& v : s.ns_child.versions) used |= v.content;
    }
    if (static_cast<std::size_t>(used.size()) == k.ns_names.size()) return;
    auto to = shorten(k.ns_names, used);
    for (auto& v : k.parent.ns.versions) v.content = renumber(v.content, to);
    for (auto& s : k.signers) {
        s.ns = renumber(s.ns, to);
        for (auto& v : s.ns_child.versions) v.content = renumber(v.content, to);
    }
}

// Nobody can be led to this signer, and nothing of it is left elsewhere: it is no part of the zone any more.
bool is_stranger(const Knowledge& k, int s, SignerSet reachable) {
    if (reachable.has(s)) return false;
    const NameSet names = k.signers[static_cast<std::size_t>(s)].ns;
    KeySet keys;
    for (std::size_t i = 0; i < k.keys.size(); ++i)
        if (k.keys[i].owner == s) keys.add(static_cast<int>(i));
    const auto names_it = [&](const auto& v) { return v.unknown || v.content.meets(names); };
    const auto uses_it = [&](const auto& v) { return keys_in(v.content).meets(keys); };
    if (std::ranges::any_of(k.parent.ns.versions, names_it) || std::ranges::any_of(k.parent.ds.versions, uses_it))
        return false;
    for (std::size_t i = 0; i < k.signers.size(); ++i) {
        const auto& other = k.signers[i];
        if (static_cast<int>(i) == s) continue;
        if (std::ranges::any_of(other.ns_child.versions, names_it) ||
            std::ranges::any_of(other.dnskey.versions, uses_it) || std::ranges::any_of(other.cds.versions, uses_it) ||
            std::ranges::any_of(other.data.versions, uses_it))
            return false;
    }
    return true;
}

void drop_signer(Knowledge& k, int s) {
    k.signers.erase(k.signers.begin() + s);
    const auto fix = [&](int& who) { who = who == s ? model::kNobody : who > s ? who - 1 : who; };
    for (auto& key : k.keys) fix(key.owner);
    for (auto& n : k.ns_names) fix(n.signer);
}

} // namespace

void forget_dead(Knowledge& k, const model::Intent& intent, Instant now) {
    const Instant before = now - horizon(k, intent.policy);
    const Reach reach(k, intent.policy, true);
    const SignerSet reachable = reach.all_at(now);
    // Who is asked only because child-centric resolvers ask it again and again was led to by something in the past.
    // That is needed for as long as what was fetched there may be in caches, not only while it is asked.
    const bool by_history = !sustained(k).includes(asked_since(reach, k, before, now));
    each_track(k, [&](auto& track) {
        if (!by_history || !std::is_same_v<decltype(&track), Track<NameSet>*>) drop_versions(track, before);
    });
    for (int s = static_cast<int>(k.signers.size()) - 1; s >= 0; --s) {
        const auto& name = k.signers[static_cast<std::size_t>(s)].name;
        if (std::ranges::find(intent.signers, name) == intent.signers.end() && is_stranger(k, s, reachable)) {
            drop_signer(k, s);
            return; // the numbers of signers have changed; the next pass sees to the others
        }
    }
    // Numbers are only taken back when they become scarce: they stand in logs and in people's heads.
    if (k.keys.size() > 32) drop_keys(k);
    if (k.ns_names.size() > 32) drop_names(k);
}

} // namespace tutti::plan
