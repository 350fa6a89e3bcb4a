#include "plan/target.hpp"

#include "plan/rule.hpp"
#include "plan/topology.hpp"

#include <algorithm>

namespace tutti::plan {

using model::KeySet;
using model::Knowledge;
using model::NameSet;
using model::SignerSet;

namespace {

const model::Key& key_at(const Knowledge& k, int i) {
    return k.keys[static_cast<std::size_t>(i)];
}
const model::Signer& signer_at(const Knowledge& k, int i) {
    return k.signers[static_cast<std::size_t>(i)];
}

KeySet published(const Knowledge& k, int s) {
    const auto* current = signer_at(k, s).dnskey.current();
    return current == nullptr ? KeySet{} : current->content.keys;
}

// Signs its data with keys other than those that sign its DNSKEY RRset.
bool splits_keys(const Knowledge& k, int s) {
    for (int i : own_keys(k, s))
        if (key_at(k, i).signs_data && !key_at(k, i).signs_keys) return true;
    return false;
}

// Never by the SEP flag alone.
bool only_signs_keys(const Knowledge& k, int i) {
    const auto& key = key_at(k, i);
    if (key.signs_data || key.owner == model::kNobody) return false;
    return key.signs_keys && splits_keys(k, key.owner);
}

// What signer s signs data with, or may come to. Where it serves the DNSKEY RRset of another, what is published says
// nothing of it: its own interface tells, and the data.
KeySet data_keys(const Knowledge& k, int s) {
    if (signs_for(k, s) == model::kNobody) return own_keys(k, s);
    KeySet keys;
    for (int i : signer_at(k, s).offered)
        if (key_at(k, i).owner == s) keys.add(i);
    if (keys.empty()) return own_keys(k, s); // it does not tell
    if (const auto* data = signer_at(k, s).data.current())
        for (int i : data->content.keys)
            if (key_at(k, i).owner == s) keys.add(i);
    // A KSK that it keeps is of no use there. One that has no other keys signs data with those.
    KeySet seps, useful;
    for (int i : keys) (key_at(k, i).sep && !key_at(k, i).signs_data ? seps : useful).add(i);
    for (int i : keys)
        if (!key_at(k, i).sep) return useful;
    return useful | seps;
}

// The keys of member s that every DNSKEY RRset must hold: those that sign its data, and those that may come to.
KeySet to_share(const Knowledge& k, int s) {
    KeySet out;
    for (int i : data_keys(k, s))
        if (!only_signs_keys(k, i)) out.add(i);
    return out;
}

// Published, and it cannot be told by whom it will be used (after the loss of the database): everybody should have it.
KeySet nobodys_keys(const Knowledge& k, int s) {
    KeySet out;
    if (signs_for(k, s) != model::kNobody) return out; // that is for the one whose RRset it is
    for (int i : published(k, s))
        if (key_at(k, i).owner == model::kNobody) out.add(i);
    return out;
}

// The keys of member s that need a DS: those that sign its DNSKEY RRset, and those that look as if they will. A key
// that the signer itself no longer names in the CDS that it publishes, while it names another, is on its way out.
KeySet to_delegate(const Knowledge& k, int s) {
    const auto* dnskey = signer_at(k, s).dnskey.current();
    if (dnskey == nullptr) return {};
    KeySet out;
    for (int i : own_keys(k, s)) {
        const auto& key = key_at(k, i);
        if (key.dnskey && key.dnskey->revoked()) continue; // RFC 5011: no trust anchor any more
        if (dnskey->content.signed_by.has(i) || (key.sep && !key.signs_data && !key.signs_keys)) out.add(i);
    }
    if (!signer_at(k, s).can.publishes_own_cds) return out;
    const auto* cds = signer_at(k, s).cds.current();
    KeySet named = cds == nullptr ? KeySet{} : cds->content.named() & own_keys(k, s);
    return named.meets(dnskey->content.signed_by) ? out & named : out;
}

// Keys that some cache needs to validate what it holds. `there`: where one of these will do, the others that stand with
// it are not needed.
KeySet held_by_caches(const Scene& scene, KeySet there) {
    KeySet out;
    for (const auto& e : scene.data)
        if (e.together == nullptr)
            out |= e.keys;
        else
            for (KeySet set : *e.together) out |= set.meets(there) ? set & there : set;
    return out;
}

// Keys without which the rule knows something in caches to be lost. For the others the target has to speak.
KeySet indispensable(const Scene& scene) {
    KeySet out;
    for (const auto& e : scene.data)
        if (e.together == nullptr)
            out |= e.keys;
        else
            for (KeySet set : *e.together)
                if (set.size() == 1) out |= set;
    return out;
}

KeySet ds_now(const Knowledge& k) {
    const auto* current = k.parent.ds.current();
    return current == nullptr ? KeySet{} : current->content;
}

// The keys that a leaver signs its DNSKEY RRset with and that the parent has, or may come to have; and what the leaver
// asks the parent for: taken out of its CDS, it would be there again.
KeySet delegated_keys(const Scene& scene, int s) {
    const Knowledge& k = *scene.k;
    const auto* dnskey = signer_at(k, s).dnskey.current();
    if (dnskey == nullptr) return {};
    KeySet out = dnskey->content.signed_by & may_be_at_parent(scene);
    const auto* cds = signer_at(k, s).cds.current();
    if (cds != nullptr && scene.delegated.has(s) && signer_at(k, s).can.publishes_own_cds)
        out |= cds->content.named() & own_keys(k, s) & dnskey->content.signed_by;
    return out;
}

KeySet distrusted_keys(const model::Intent& intent, const Knowledge& k) {
    KeySet out;
    for (std::size_t i = 0; i < k.keys.size(); ++i)
        if (k.keys[i].dnskey && std::ranges::find(intent.distrusted, *k.keys[i].dnskey) != intent.distrusted.end())
            out.add(static_cast<int>(i));
    return out;
}

// The wanted algorithms count as soon as everybody who is asked has a key of one of them.
KeySet of_wanted_algorithms(const model::Intent& intent, const Knowledge& k, SignerSet everybody, KeySet keys) {
    KeySet wanted;
    SignerSet have;
    for (int i : keys)
        if (std::ranges::find(intent.algorithms, key_at(k, i).algorithm) != intent.algorithms.end()) {
            wanted.add(i);
            have.add(key_at(k, i).owner);
        }
    return have.includes(everybody) ? wanted : keys;
}

// What the parent will not take away by itself: where it reads CDS, what all those that it asks name, or say nothing
// of.
KeySet asked_of_parent(const Scene& scene) {
    const Knowledge& k = *scene.k;
    KeySet out = ds_now(k);
    if (!k.parent.reads_cds) return out;
    for (int s : scene.delegated)
        if (const auto* cds = signer_at(k, s).cds.current(); cds != nullptr && !cds->content.empty())
            out = out & cds->content.named();
    return out;
}

KeySet ds_target(const model::Intent& intent, const Scene& scene, SignerSet members, const Topology& topology) {
    const Knowledge& k = *scene.k;
    if (!intent.secure) return {};
    KeySet out;
    SignerSet copiers;
    for (int s = 0; s < static_cast<int>(k.signers.size()); ++s)
        if (topology.copy_of[static_cast<std::size_t>(s)] != model::kNobody) copiers.add(s);
    for (int s : members - copiers)
        out |= signer_at(k, s).dnskey.current() == nullptr ? ds_now(k) : to_delegate(k, s); // not known: keep all
    if (!intent.algorithms.empty()) out = of_wanted_algorithms(intent, k, (members | scene.reachable) - copiers, out);
    // A leaver that is asked may drop any one of its keys and rely on another that it sees in the DS RRset.
    for (int s : scene.reachable - members)
        if (signer_at(k, s).declared_dead == kNever) out |= delegated_keys(scene, s);
    if (!intent.policy.drop_unknown_ds)
        for (int i : ds_now(k) & asked_of_parent(scene))
            if (!key_at(k, i).dnskey) out.add(i);
    return out;
}

NameSet names_of(const Knowledge& k, SignerSet signers) {
    NameSet out;
    for (int s : signers) out |= signer_at(k, s).ns;
    return out;
}

NameSet nobodys(const Knowledge& k, NameSet names) {
    NameSet out;
    for (int n : names)
        if (k.ns_names[static_cast<std::size_t>(n)].signer == model::kNobody) out.add(n);
    return out;
}

// Signers that the parent names, or that those name that are asked.
SignerSet named(const Scene& scene) {
    const Knowledge& k = *scene.k;
    SignerSet out;
    const auto add = [&](const auto& track) {
        for (const auto& v : track.versions)
            if (v.open() && !v.unknown) out |= owners(k, v.content);
    };
    add(k.parent.ns);
    for (int s : scene.proven) add(signer_at(k, s).ns_child);
    return out;
}

// Signers that we have named at some other member already, whether or not anybody asks that one.
SignerSet prepared(const Knowledge& k, SignerSet members) {
    SignerSet out;
    for (int s : members)
        for (const auto& v : signer_at(k, s).ns_child.versions)
            if (v.open() && v.tries > 0) out |= owners(k, v.content) - SignerSet::of(s);
    return out;
}

// What the NS sets were on their way to: what we wrote last at a signer that is asked, else what the parent has.
NameSet begun(const Scene& scene) {
    const Knowledge& k = *scene.k;
    const auto* current = k.parent.ns.current();
    NameSet out = current == nullptr ? NameSet{} : current->content;
    Instant last = kLongAgo;
    for (int s : scene.reachable)
        for (const auto& v : signer_at(k, s).ns_child.versions)
            if (v.open() && !v.unknown && v.tried > last && !owners(k, v.content).empty()) {
                last = v.tried;
                out = v.content;
            }
    return out;
}

// Who should be named: members that are, and members that now may be. Leavers go as soon as one member is there. Once
// named, a member stays: what caches hold by then would not get better by taking it away.
NameSet ns_target(const Scene& scene, SignerSet members, KeySet ds, const MayJoin& may_join) {
    const Knowledge& k = *scene.k;
    const auto* current = k.parent.ns.current();
    NameSet now = current == nullptr ? NameSet{} : current->content;
    const SignerSet there = named(scene), soon = prepared(k, members);
    SignerSet ready;
    for (int s : members)
        if (there.has(s) || may_join(s, soon.has(s), ds)) ready.add(s);
    return ready.empty() ? begun(scene) : names_of(k, ready) | nobodys(k, now);
}

// What a signer has for the others.
struct Offer {
    KeySet data, share;
};
std::vector<Offer> offers(const Knowledge& k, SignerSet signers) {
    std::vector<Offer> out(k.signers.size());
    for (int s : signers) out[static_cast<std::size_t>(s)] = {data_keys(k, s), to_share(k, s) | nobodys_keys(k, s)};
    return out;
}

void foreign_keys(SignerTarget& t, const Scene& scene, int s, const Target& target, const std::vector<Offer>& offered) {
    const Knowledge& k = *scene.k;
    const KeySet distrusted = target.distrusted;
    KeySet there = published(k, s);
    for (int r : target.group) there |= offered[static_cast<std::size_t>(r)].data;
    const KeySet held = held_by_caches(scene, there) - distrusted;
    KeySet shared, welcome; // nothing that a member still publishes is taken away
    for (int r : target.group)
        if (r != s) shared |= offered[static_cast<std::size_t>(r)].share;
    for (int r : target.members) welcome |= offered[static_cast<std::size_t>(r)].data;
    shared = shared - distrusted;
    welcome = welcome - distrusted;
    // The rule holds back what caches need of a signer that resolvers can ask. It has no say where nobody asks yet, nor
    // over keys that a leaver has published and not used: those stay as long as they would be added.
    KeySet keep = welcome | (shared - indispensable(scene));
    if (!scene.reachable.has(s)) keep |= shared | held;
    KeySet present = published(k, s);
    const auto& can = signer_at(k, s).can;
    for (int i : (shared | held) - own_keys(k, s) - present) {
        const auto& key = key_at(k, i);
        if (!key.dnskey || key.owner == s) continue;
        const bool refused = can.foreign_dnskey.can == model::Can::no || //
                             (key.sep && can.foreign_sep.can == model::Can::no);
        if (!refused)
            t.dnskey_add.add(i);
        else if (key.signs_data)
            t.dnskey_impossible.add(i);
    }
    t.dnskey_remove = (present & signer_at(k, s).ledger) - keep;
}

// Signers with something in caches that does not fit.
SignerSet hurt(const Scene& scene, const model::Policy& policy) {
    SignerSet out;
    for (const auto& v : broken_now(scene, policy)) {
        if (v.dnskey >= 0) out.add(scene.dnskey[static_cast<std::size_t>(v.dnskey)].signer);
        if (v.data >= 0) out.add(scene.data[static_cast<std::size_t>(v.data)].signer);
    }
    return out;
}

// The NS set of signer s: the same for all. One that waits to join has what will be right when it may: itself, and
// nobody who leaves. A member that resolvers are sent to already, without harm, is not taken out to be put in again
// (unless the parent would copy it from there).
NameSet child_ns(const Target& t, const Scene& scene, int s, SignerSet unhurt) {
    const Knowledge& k = *scene.k;
    const NameSet members = names_of(k, t.members);
    if (t.members.has(s) && !scene.proven.has(s) && !owners(k, t.ns).has(s))
        return signer_at(k, s).ns | (t.ns & members);
    const auto* current = signer_at(k, s).ns_child.current();
    return current == nullptr || k.parent.reads_cds ? t.ns
                                                    : t.ns | (current->content & names_of(k, t.members & unhurt));
}

bool asks_for_csync(const Knowledge& k, int s, NameSet ns) {
    const auto* child = signer_at(k, s).ns_child.current();
    return k.parent.reads_cds && child != nullptr && child->content == ns && !k.parent.ns.everywhere(ns);
}

} // namespace

KeySet own_keys(const Knowledge& k, int s) {
    KeySet out;
    for (int i : published(k, s))
        if (key_at(k, i).owner == s) out.add(i);
    return out;
}

Target target(const model::Intent& intent, const Scene& scene, const MayJoin& may_join) {
    const Knowledge& k = *scene.k;
    Target t;
    t.signers.resize(k.signers.size());
    for (const auto& name : intent.signers) {
        int s = k.signer_index(name);
        if (s != model::kNobody) t.members.add(s);
    }
    const Topology who_signs = topology(intent, k, t.members);
    t.troubles = topology_troubles(intent, k, who_signs, t.members);
    t.members |= who_signs.sources;
    t.group = t.members | scene.reachable;
    for (std::size_t s = 0; s < k.signers.size(); ++s)
        if (k.signers[s].declared_dead != kNever) t.group.drop(static_cast<int>(s));

    t.distrusted = distrusted_keys(intent, k);
    t.ds = ds_target(intent, scene, t.members, who_signs) - t.distrusted;
    t.ask_delete = !intent.secure && !k.parent.ds.everywhere({});
    t.ns = ns_target(scene, t.members, t.ds, may_join);
    const SignerSet unhurt = scene.proven - hurt(scene, intent.policy);
    const auto offered = offers(k, t.group | t.members);
    for (int s : t.group) {
        auto& st = t.signers[static_cast<std::size_t>(s)];
        foreign_keys(st, scene, s, t, offered);
        st.copy_of = who_signs.copy_of[static_cast<std::size_t>(s)];
        st.ns = child_ns(t, scene, s, unhurt);
        st.csync = scene.delegated.has(s) && asks_for_csync(k, s, t.ns);
    }
    return t;
}

} // namespace tutti::plan
