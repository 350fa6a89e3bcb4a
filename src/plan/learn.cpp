#include "plan/learn.hpp"

#include "plan/intern.hpp"

#include <algorithm>

namespace tutti::plan {

using model::KeySet;
using model::Knowledge;
using model::NameSet;
using model::Sight;
using model::Track;

namespace {

// One answer, or the lack of one, in terms of a track's content.
template <class Content>
struct Answer {
    const model::Seen* seen;
    Content content{};
    dns::Ttl ttl = 0;
    bool usable = true;
};

bool same(const auto& a, const auto& b) {
    return a == b;
}
bool same(const model::Data& a, const model::Data& b) {
    return a.keys == b.keys && a.together == b.together;
}

// What may have been served between two looks, beside what they show: of the keys that sign the RRset, old ones may
// have gone before new ones came, and new ones come one after the other, each alone for a while.
std::vector<model::DnskeySet> unseen_steps(const model::DnskeySet& before, const model::DnskeySet& after) {
    const KeySet began = after.signed_by - before.signed_by, ended = before.signed_by - after.signed_by,
                 both = before.signed_by & after.signed_by, stayed = before.keys & after.keys;
    std::vector<model::DnskeySet> out;
    if (!began.empty() && !ended.empty() && !both.empty()) out.push_back({stayed, both});
    if (began.size() > 1)
        for (int key : began) out.push_back({stayed | KeySet::of(key), KeySet::of(key)});
    return out;
}

template <class Content>
class Learner {
  public:
    // `past`: what may have been served before the first look, as far as one can say.
    Learner(Track<Content>& track, const model::Policy& policy, Content past)
        : track_(track), policy_(policy), past_(std::move(past)) {}

    void learn(const std::vector<Answer<Content>>& answers) {
        keep_addresses(answers);
        bool first_look = track_.versions.empty();
        Instant proven = proven_before();
        for (std::size_t i = 0; i < answers.size(); ++i) learn_one(track_.sights[i], answers[i], proven);
        if (first_look && !policy_.trust_past) suppose_a_past();
        close_what_is_gone();
        close_what_was_superseded();
    }

  private:
    // The sights follow the configured addresses, in their order.
    void keep_addresses(const std::vector<Answer<Content>>& answers) {
        std::vector<Sight> kept;
        for (const auto& a : answers) {
            auto it = std::find_if(track_.sights.begin(), track_.sights.end(),
                                   [&](const Sight& s) { return s.address == a.seen->address; });
            if (it != track_.sights.end())
                kept.push_back(std::move(*it));
            else
                kept.push_back(Sight{.address = a.seen->address});
        }
        track_.sights = std::move(kept);
    }

    // The last moment at which the state so far was proven at every address.
    Instant proven_before() const {
        Instant t = kNever;
        for (const auto& s : track_.sights) t = std::min(t, s.version < 0 ? kLongAgo : s.asked);
        return track_.sights.empty() ? kLongAgo : t;
    }

    void learn_one(Sight& sight, const Answer<Content>& a, Instant proven) {
        if (!a.seen->problem.empty() || !a.usable) {
            if (sight.silent_since == kNever) sight.silent_since = a.seen->asked;
            sight.problem = a.seen->problem.empty() ? "more keys or names than can be handled (64)" : a.seen->problem;
            return;
        }
        int v = version_for(a, sight.version, proven);
        note_larger_ttl(sight.version, a);
        if constexpr (std::is_same_v<Content, model::DnskeySet>)
            if (sight.version >= 0 && sight.version != v) {
                const auto &before = track_.version(sight), &after = track_.versions[static_cast<std::size_t>(v)];
                note_steps(unseen_steps(before.content, after.content), std::max(before.ttl, after.ttl), proven,
                           a.seen->answered);
            }
        if (sight.version != v) moved_ = std::max(moved_, a.seen->answered);
        latest_ = std::max(latest_, a.seen->answered);
        sight = Sight{.address = sight.address,
                      .version = v,
                      .asked = a.seen->asked,
                      .at = a.seen->answered,
                      .expires = a.seen->expires,
                      .renew_by = a.seen->renew_by};
    }

    // Servers go forward, each through all versions: what comes again after something else is a version of its own.
    int version_for(const Answer<Content>& a, int seen_last, Instant proven) {
        for (std::size_t i = static_cast<std::size_t>(std::max(seen_last, 0)); i < track_.versions.size(); ++i) {
            auto& v = track_.versions[i];
            if (v.unknown || !v.open() || !same(v.content, a.content)) continue;
            if (v.pending) { // the write has arrived; its TTL is what the server says, and may have been what we said
                v.pending = false;
                v.refused.clear(); // an earlier try was; this one was not
                v.ttl = std::max(v.ttl, a.ttl);
                v.shown = a.ttl;
            }
            if (v.ttl_shown() == a.ttl) return static_cast<int>(i);
        }
        dns::Ttl ttl = a.ttl;
        if (seen_last >= 0)
            if (const auto& before = track_.versions[static_cast<std::size_t>(seen_last)];
                !same(before.content, a.content))
                ttl = std::max(ttl, before.ttl);
        // Others may have passed it between two looks, and what we have written comes after it.
        const int place = seen_last < 0 ? static_cast<int>(track_.versions.size()) : seen_last + 1;
        track_.versions.insert(track_.versions.begin() + place,
                               {.content = a.content, .ttl = ttl, .shown = a.ttl, .from = proven});
        for (auto& s : track_.sights) s.version += s.version >= place ? 1 : 0;
        return place;
    }
    // Where content and TTL have both changed since the last look, it is not known which came first: what was there
    // before may have been served with the new TTL, and what is there now with the old one (version_for).
    void note_larger_ttl(int before, const Answer<Content>& a) {
        if (before < 0) return;
        auto& v = track_.versions[static_cast<std::size_t>(before)];
        if (same(v.content, a.content) || a.ttl <= v.ttl) return;
        v.shown = v.ttl_shown();
        v.ttl = a.ttl;
    }

    // Steps between two versions that no look has shown.
    void note_steps(const std::vector<Content>& steps, dns::Ttl ttl, Instant proven, Instant answered) {
        for (const auto& step : steps) {
            const auto known = std::ranges::find_if(track_.versions, [&](const auto& v) {
                return !v.open() && v.until >= proven && same(v.content, step);
            });
            if (known != track_.versions.end())
                known->until = std::max(known->until, answered);
            else
                track_.versions.push_back({.content = step, .ttl = ttl, .from = proven, .until = answered});
        }
    }

    // Before the first look anything may have been served, with the TTL that is served now.
    void suppose_a_past() {
        if (latest_ == kLongAgo) return;
        dns::Ttl ttl = policy_.past_ttl;
        for (const auto& v : track_.versions) ttl = std::max(ttl, v.ttl);
        track_.versions.push_back({.content = past_, .ttl = ttl, .from = kLongAgo, .until = latest_, .unknown = true});
    }

    // An address that shows something older may show this one yet, between two looks.
    bool may_be_served(int version) const {
        return std::any_of(track_.sights.begin(), track_.sights.end(),
                           [&](const Sight& s) { return s.version >= 0 && s.version <= version; });
    }

    // One has come back to what it had, and another that still has that may not even have gone: for a while.
    bool may_trail(const Sight& s, int last) const {
        for (int i = s.version + 1; i < last; ++i)
            if (const auto& v = track_.versions[static_cast<std::size_t>(i)];
                v.open() && !v.unknown && !v.pending && !same(v.content, track_.version(s).content))
                return latest_ - track_.versions[static_cast<std::size_t>(last)].from <= policy_.patience;
        return false;
    }

    // Where all show the same, they are taken to have arrived at the last version of that content.
    void agree() {
        int last = -1;
        for (const auto& s : track_.sights) {
            if (s.version < 0) continue;
            if (last >= 0 &&
                !(track_.version(s).content == track_.versions[static_cast<std::size_t>(last)].content &&
                  track_.version(s).ttl_shown() == track_.versions[static_cast<std::size_t>(last)].ttl_shown()))
                return;
            last = std::max(last, s.version);
        }
        if (std::ranges::any_of(track_.sights, [&](const auto& s) { return s.version >= 0 && may_trail(s, last); }))
            return;
        for (auto& s : track_.sights)
            if (s.version >= 0) s.version = last;
    }

    void close_what_is_gone() {
        agree();
        for (std::size_t i = 0; i < track_.versions.size(); ++i) {
            auto& v = track_.versions[i];
            if (v.open() && !v.pending && !may_be_served(static_cast<int>(i)))
                v.until = moved_ != kLongAgo ? moved_ : latest_ != kLongAgo ? latest_ : v.until;
        }
    }

    // A write that was never seen is given up when a later one is seen everywhere, or when every address has answered
    // otherwise for longer than patience.
    void close_what_was_superseded() {
        if (latest_ == kLongAgo) return;
        bool all_answer = std::all_of(track_.sights.begin(), track_.sights.end(),
                                      [](const Sight& s) { return s.version >= 0 && s.silent_since == kNever; });
        if (!all_answer) return;
        for (auto& p : track_.versions) {
            if (!p.pending || !p.open()) continue;
            bool later = std::all_of(track_.sights.begin(), track_.sights.end(),
                                     [&](const Sight& s) { return track_.version(s).tried > p.tried; });
            if (later || latest_ - p.tried > policy_.patience) p.until = latest_;
        }
    }

    Track<Content>& track_;
    const model::Policy& policy_;
    Content past_;
    Instant moved_ = kLongAgo, latest_ = kLongAgo;
};

template <class Content, class Seen>
void learn_track(Track<Content>& track, const model::Policy& policy, const std::vector<Seen>& seen, auto&& digest,
                 Content past = {}) {
    std::vector<Answer<Content>> answers;
    answers.reserve(seen.size());
    for (const auto& s : seen) {
        Answer<Content> a{.seen = &s};
        if (s.problem.empty()) a.usable = digest(s, a);
        answers.push_back(std::move(a));
    }
    Learner<Content>(track, policy, std::move(past)).learn(answers);
}

bool put(KeySet& set, int i) {
    if (i < 0) return false;
    set.add(i);
    return true;
}

bool digest_keys(Knowledge& k, const std::vector<dnssec::Dnskey>& keys, Instant now, KeySet& out) {
    return std::all_of(keys.begin(), keys.end(), [&](const auto& key) { return put(out, intern_key(k, key, now)); });
}
bool digest_ds(Knowledge& k, const std::vector<dnssec::Ds>& list, Instant now, KeySet& out) {
    return std::all_of(list.begin(), list.end(), [&](const auto& ds) { return put(out, intern_ds(k, ds, now)); });
}

// What a signer signs with is its own, whoever was thought to own it for no better reason than publishing it.
void claim(Knowledge& k, int index, int signer) {
    auto& key = k.keys[static_cast<std::size_t>(index)];
    if (key.owner == model::kNobody || !(key.signs_data || key.signs_keys)) key.owner = signer;
}

// Whose keys sign the DNSKEY RRset of signer s: its own, unless they are seen, or may be, at the KSK holder.
bool may_be_the_holders(const Knowledge& k, const model::Intent& intent, int s, int key) {
    if (intent.ksk_holder.empty() || k.signers[static_cast<std::size_t>(s)].name == intent.ksk_holder) return false;
    const auto* holder = k.find_signer(intent.ksk_holder);
    if (holder == nullptr || holder->dnskey.current() == nullptr) return true;
    return std::ranges::any_of(holder->dnskey.versions, [&](const auto& v) { return v.content.keys.has(key); });
}

void learn_dnskey(Knowledge& k, int s, const model::SignerReport& r, const model::Intent& intent) {
    learn_track(k.signers[static_cast<std::size_t>(s)].dnskey, intent.policy, r.dnskey,
                [&](const model::SeenDnskeys& seen, auto& a) {
                    if (!digest_keys(k, seen.keys, seen.answered, a.content.keys)) return false;
                    for (std::size_t i : seen.signed_by) {
                        int key = intern_key(k, seen.keys[i], seen.answered);
                        a.content.signed_by.add(key);
                        if (!may_be_the_holders(k, intent, s, key)) claim(k, key, s);
                        k.keys[static_cast<std::size_t>(key)].signs_keys = true;
                    }
                    a.ttl = seen.ttl;
                    return true;
                });
}

KeySet keys_with(const Knowledge& k, KeySet among, dnssec::KeyTag tag, std::uint8_t algorithm) {
    KeySet out;
    for (int i : among)
        if (k.keys[static_cast<std::size_t>(i)].tag == tag &&
            k.keys[static_cast<std::size_t>(i)].algorithm == algorithm)
            out.add(i);
    return out;
}

// Which keys stand together; whatever is not known to stand with others stands alone. Tags are no identity: where one
// may mean two keys, nothing is known.
std::vector<KeySet> stand_together(const Knowledge& k, KeySet keys, const std::vector<model::Signatures>& signatures) {
    std::vector<KeySet> sets;
    KeySet alone = keys;
    for (const auto& one : signatures) {
        KeySet set;
        bool clear = true;
        for (const auto& [tag, algorithm] : one) {
            const KeySet found = keys_with(k, keys, tag, algorithm);
            clear = clear && found.size() == 1;
            set |= found;
        }
        if (!clear) continue;
        sets.push_back(set);
        alone = alone - set;
    }
    for (int i : alone) sets.push_back(KeySet::of(i));
    std::ranges::sort(sets, {}, [](KeySet set) { return std::pair(set.size(), set.raw()); });
    std::vector<KeySet> least;
    for (KeySet set : sets)
        if (!set.empty() && std::ranges::none_of(least, [&](KeySet l) { return set.includes(l); }))
            least.push_back(set);
    constexpr std::size_t kMost = 16;
    if (least.size() > kMost || least.empty() || least.back().size() == 1) return {};
    return least;
}

void learn_data(Knowledge& k, int s, const model::SignerReport& r, const model::Policy& policy) {
    learn_track(k.signers[static_cast<std::size_t>(s)].data, policy, r.data, [&](const model::SeenData& seen, auto& a) {
        if (!digest_keys(k, seen.keys, seen.answered, a.content.keys)) return false;
        for (int key : a.content.keys) {
            claim(k, key, s);
            k.keys[static_cast<std::size_t>(key)].signs_data = true;
        }
        for (const auto& [tag, algorithm] : seen.unmatched) {
            KeySet candidates;
            for (std::size_t i = 0; i < k.keys.size(); ++i)
                if (k.keys[i].dnskey && k.keys[i].tag == tag && k.keys[i].algorithm == algorithm)
                    candidates.add(static_cast<int>(i));
            if (candidates.empty() && !put(candidates, intern_unpublished(k, tag, algorithm, seen.answered)))
                return false;
            a.content.keys |= candidates;
        }
        a.content.together = stand_together(k, a.content.keys, seen.signatures);
        a.content.complete = seen.complete;
        a.ttl = seen.complete ? seen.ttl_max : std::max(seen.ttl_max, policy.data_ttl_max);
        return true;
    });
}

// Before the first look, every signer known by then may have been named.
void learn_ns(Knowledge& k, Track<NameSet>& track, const std::vector<model::SeenNs>& seen,
              const model::Policy& policy) {
    NameSet known;
    for (const auto& s : k.signers) known |= s.ns;
    const auto digest = [&](const model::SeenNs& n, auto& a) {
        for (const auto& name : n.names) {
            int i = intern_name(k, name);
            if (i < 0) return false;
            a.content.add(i);
        }
        a.ttl = n.ttl;
        return true;
    };
    learn_track(track, policy, seen, digest, known);
}

void learn_cds(Knowledge& k, int s, const model::SignerReport& r, const model::Policy& policy) {
    learn_track(k.signers[static_cast<std::size_t>(s)].cds, policy, r.cds, [&](const model::SeenCds& seen, auto& a) {
        a.ttl = seen.ttl;
        std::vector<dnssec::Ds> cds;
        std::vector<dnssec::Dnskey> cdnskey;
        for (const auto& ds : seen.cds) dnssec::is_delete(ds) ? void(a.content.wants_delete = true) : cds.push_back(ds);
        for (const auto& key : seen.cdnskey)
            dnssec::is_delete(key) ? void(a.content.wants_delete = true) : cdnskey.push_back(key);
        return digest_keys(k, cdnskey, seen.answered, a.content.cdnskey) &&
               digest_ds(k, cds, seen.answered, a.content.cds);
    });
}

void learn_own_keys(Knowledge& k, int s, const std::vector<dnssec::Dnskey>& keys) {
    KeySet offered;
    for (const auto& key : keys)
        if (int i = intern_key(k, key, Instant{}); put(offered, i)) claim(k, i, s);
    k.signers[static_cast<std::size_t>(s)].offered = offered;
}

void learn_signer(Knowledge& k, int s, const model::SignerReport& r, const model::Intent& intent) {
    const auto& policy = intent.policy;
    learn_dnskey(k, s, r, intent);
    learn_data(k, s, r, policy);
    learn_ns(k, k.signers[static_cast<std::size_t>(s)].ns_child, r.ns_child, policy);
    learn_cds(k, s, r, policy);
    learn_track(k.signers[static_cast<std::size_t>(s)].csync, policy, r.csync,
                [](const model::SeenCsync& seen, auto& a) {
                    a.content = seen.present && seen.immediate_ns;
                    a.ttl = seen.ttl;
                    return true;
                });
    auto& signer = k.signers[static_cast<std::size_t>(s)];
    signer.can = r.can;
    signer.problem = r.problem;
    signer.remedy = r.remedy;
    signer.shut.read = r.shut;
    if (r.own_keys) learn_own_keys(k, s, *r.own_keys);
}

void learn_parent(Knowledge& k, const model::ParentReport& r, const model::Policy& policy) {
    auto& p = k.parent;
    p.name = r.name;
    p.mode = r.mode;
    p.reads_cds = r.reads_cds;
    p.problem = r.problem;
    p.remedy = r.remedy;
    p.digest_types = policy.digest_types;
    learn_track(p.ds, policy, r.ds, [&](const model::SeenDs& seen, auto& a) {
        a.ttl = seen.ttl;
        return digest_ds(k, seen.ds, seen.answered, a.content);
    });
    learn_ns(k, p.ns, r.ns, policy);
}

// Whose names are whose, as configured now.
void assign_names(Knowledge& k, const model::Observation& seen) {
    for (auto& n : k.ns_names) n.signer = model::kNobody;
    for (const auto& r : seen.signers) {
        int s = k.signer_index(r.name);
        if (s == model::kNobody) continue;
        NameSet names;
        for (const auto& name : r.ns)
            if (int i = intern_name(k, name); i >= 0) {
                names.add(i);
                k.ns_names[static_cast<std::size_t>(i)].signer = s;
            }
        k.signers[static_cast<std::size_t>(s)].ns = names;
    }
}

KeySet published(const model::Signer& s) {
    KeySet out;
    for (const auto& v : s.dnskey.versions)
        if (v.open()) out |= v.content.keys;
    return out;
}

// A key that only one signer publishes, and that we did not put there, is that signer's own, not yet in use. The ledger
// forgets what is gone.
void assign_owners(Knowledge& k, const model::Intent& intent) {
    for (auto& s : k.signers) s.ledger = s.ledger & published(s);
    for (std::size_t i = 0; i < k.keys.size(); ++i) {
        if (k.keys[i].owner != model::kNobody) continue;
        int holder = model::kNobody, holders = 0;
        for (std::size_t s = 0; s < k.signers.size(); ++s)
            if ((published(k.signers[s]) - k.signers[s].ledger).has(static_cast<int>(i))) {
                holder = static_cast<int>(s);
                ++holders;
            }
        if (holders == 1 && !may_be_the_holders(k, intent, holder, static_cast<int>(i))) k.keys[i].owner = holder;
    }
}

// A key found at one signer while another signs with it was put there by somebody for this very purpose. It may be
// taken out again when its owner leaves: otherwise a lost database would leave it there for ever.
void adopt(Knowledge& k) {
    for (std::size_t s = 0; s < k.signers.size(); ++s)
        for (int i : published(k.signers[s])) {
            const auto& key = k.keys[static_cast<std::size_t>(i)];
            if (key.owner != model::kNobody && key.owner != static_cast<int>(s) && (key.signs_data || key.signs_keys))
                k.signers[s].ledger.add(i);
        }
}

} // namespace

void learn(Knowledge& k, const model::Observation& seen, const model::Intent& intent) {
    for (const auto& r : seen.signers)
        if (k.signer_index(r.name) == model::kNobody) {
            if (k.signers.size() >= static_cast<std::size_t>(model::SignerSet::kCapacity)) continue;
            k.signers.emplace_back().name = r.name;
        }
    assign_names(k, seen);
    learn_parent(k, seen.parent, intent.policy);
    // The KSK holder first: others serve what it signs.
    for (const bool holder : {true, false})
        for (const auto& r : seen.signers)
            if (int s = k.signer_index(r.name); s != model::kNobody && (r.name == intent.ksk_holder) == holder)
                learn_signer(k, s, r, intent);
    assign_names(k, seen);
    assign_owners(k, intent);
    adopt(k);
    for (auto& s : k.signers) {
        bool dead = std::find(intent.dead.begin(), intent.dead.end(), s.name) != intent.dead.end();
        s.declared_dead = !dead ? kNever : std::min(s.declared_dead, seen.ended);
    }
}

} // namespace tutti::plan
