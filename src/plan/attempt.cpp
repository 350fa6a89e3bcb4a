// What a write does to what is known: before it is sent, when it is refused, and when nobody remembers it any more.
#include "plan/learn.hpp"
#include "plan/topology.hpp"

#include <algorithm>

namespace tutti::plan {

using model::Action;
using model::KeySet;
using model::Knowledge;
using model::Track;

namespace {

template <class Content>
void attempt(Track<Content>& track, const Content& content, dns::Ttl ttl, Instant now) {
    for (auto& v : track.versions)
        if (v.pending && v.content == content && (v.open() || !v.refused.empty())) {
            if (!v.open()) v.from = now;
            v.until = kNever;
            v.tries += 1;
            v.tried = now;
            return;
        }
    track.versions.push_back({.content = content, .ttl = ttl, .from = now, .pending = true, .tries = 1, .tried = now});
}

template <class Content>
void take_back(Track<Content>& track, const Content& content, const std::string& why) {
    for (auto& v : track.versions)
        if (v.open() && v.pending && v.content == content) {
            // Never served: no cache holds it. After an earlier try that was not refused it may be, though.
            if (v.from == v.tried) v.until = kLongAgo;
            v.refused = why;
        }
}

// Calls use(track, content after the action, TTL) for the track that the action writes to.
void with_track(Knowledge& k, const Action& a, const model::Policy& policy, auto&& use) {
    const auto base = [](const auto& track) {
        using Content = std::remove_cvref_t<decltype(track.current()->content)>;
        return track.current() == nullptr ? Content{} : track.current()->content;
    };
    const auto ttl = [](const auto& track, dns::Ttl fallback) {
        return track.current() == nullptr ? fallback : track.current()->ttl;
    };
    auto* signer = a.signer == model::kNobody ? nullptr : &k.signers[static_cast<std::size_t>(a.signer)];
    // The signatures of a copy hold for the TTL that it was signed with.
    const auto* source = a.copy_of == model::kNobody ? signer : &k.signers[static_cast<std::size_t>(a.copy_of)];
    dns::Ttl key_ttl = signer == nullptr ? policy.ds_ttl : ttl(source->dnskey, 3600);
    switch (a.kind) {
    case Action::Kind::dnskey:
        return use(signer->dnskey, written(k, a), key_ttl);
    case Action::Kind::cds: {
        auto c = base(signer->cds);
        KeySet keys = (c.named() | a.add_keys) - a.remove_keys;
        return use(signer->cds, model::CdsSet{keys, keys, a.asks_delete}, key_ttl);
    }
    case Action::Kind::csync:
        return use(signer->csync, a.csync_on, key_ttl);
    case Action::Kind::ns_child:
        return use(signer->ns_child, (base(signer->ns_child) | a.add_names) - a.remove_names,
                   ttl(signer->ns_child, policy.ns_ttl));
    case Action::Kind::ns_parent:
        return use(k.parent.ns, (base(k.parent.ns) | a.add_names) - a.remove_names, ttl(k.parent.ns, policy.ns_ttl));
    case Action::Kind::ds: {
        bool signed_now = !base(k.parent.ds).empty();
        return use(k.parent.ds, (base(k.parent.ds) | a.add_keys) - a.remove_keys,
                   signed_now ? ttl(k.parent.ds, policy.ds_ttl) : policy.ds_ttl);
    }
    }
}

} // namespace

void note_attempt(Knowledge& k, const Action& a, const model::Policy& policy, Instant now) {
    with_track(k, a, policy,
               [&](auto& track, const auto& content, dns::Ttl ttl) { attempt(track, content, ttl, now); });
    if (a.kind == Action::Kind::dnskey) {
        auto& ledger = k.signers[static_cast<std::size_t>(a.signer)].ledger;
        for (int i : a.add_keys) // a copy brings its own ones back, too
            if (k.keys[static_cast<std::size_t>(i)].owner != a.signer) ledger.add(i);
    }
}

void note_refused(Knowledge& k, const Action& a, const std::string& why) {
    with_track(k, a, model::Policy{},
               [&](auto& track, const auto& content, dns::Ttl) { take_back(track, content, why); });
}

} // namespace tutti::plan
