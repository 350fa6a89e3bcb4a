#include "plan/signal.hpp"

#include "plan/rule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::plan {

using dns::Name;
using model::Knowledge;
using model::SignalPlace;
using model::SignalRecords;

namespace {

template <class T>
bool has(const std::vector<T>& list, const T& item) {
    return std::ranges::find(list, item) != list.end();
}

template <class T>
std::vector<T> without(const std::vector<T>& list, const std::vector<T>& gone) {
    std::vector<T> out;
    for (const auto& item : list)
        if (!has(gone, item)) out.push_back(item);
    return out;
}

// What all members say to the parent, each at all of its addresses; nullptr: they do not agree.
const model::CdsSet* said_by_all(const model::Intent& intent, const Knowledge& k) {
    const model::CdsSet* said = nullptr;
    for (const auto& name : intent.signers) {
        const auto* s = k.find_signer(name);
        const auto* cds = s == nullptr ? nullptr : s->cds.current();
        if (cds == nullptr || cds->content.wants_delete || cds->content.named().empty()) return nullptr;
        if (!s->cds.everywhere(cds->content) || (said != nullptr && !(*said == cds->content))) return nullptr;
        said = &cds->content;
    }
    return said;
}

bool may_come_now(model::KeySet ds, const model::Intent& intent, const Knowledge& k, Instant now) {
    auto scene = look(k, intent.policy, now);
    imagine(scene, {.kind = model::Action::Kind::ds, .add_keys = ds});
    return caused(scene, intent.policy).empty();
}

Expected<Name> owner_of(const Name& child, const Name& ns) {
    const auto& c = child.wire();
    return Name::from_wire("\7_dsboot" + c.substr(0, c.size() - 1) + "\7_signal" + ns.wire());
}

// The closest zone around the name, and everybody who holds it. The zone must not be the child's own.
std::vector<SignalPlace> around(const Name& child, const Name& ns, std::span<const SignalPlace> places) {
    std::vector<SignalPlace> out;
    for (const auto& p : places) {
        if (!ns.is_at_or_below(p.zone) || p.zone.is_at_or_below(child)) continue;
        if (!out.empty() && p.zone.labels() < out.front().zone.labels()) continue;
        if (!out.empty() && p.zone.labels() > out.front().zone.labels()) out.clear();
        if (!has(out, p)) out.push_back(p);
    }
    return out;
}

// One type of records at one owner.
template <class T>
struct Difference {
    std::vector<T> add, remove, ours;
    bool strangers = false, complete = true;
};

template <class T, class Of>
Difference<T> difference(const std::vector<T>& wanted, const std::vector<T>& ours, std::span<const SignalSeen> seen,
                         bool everybody, Of of) {
    Difference<T> out;
    const auto& primary = of(seen.front());
    out.add = without(wanted, primary);
    for (const auto& item : without(ours, wanted))
        if (has(primary, item)) out.remove.push_back(item);
    // What goes stays on record until no address shows it any more.
    for (const auto& item : ours)
        if (!everybody || has(wanted, item) ||
            std::ranges::any_of(seen, [&](const auto& s) { return has(of(s), item); }))
            out.ours.push_back(item);
    for (const auto& one : seen) {
        const auto& there = of(one);
        out.strangers = out.strangers || !without(without(there, wanted), ours).empty();
        out.complete = out.complete && without(wanted, there).empty() && without(there, wanted).empty();
    }
    return out;
}

template <class T>
void put(SignalStep& out, std::vector<T>& ours, const Name& owner, dns::Type type, dns::Ttl ttl, Difference<T>& d) {
    if (out.strangers) d.add.clear();
    ours = d.ours;
    for (const auto& item : d.add)
        if (!has(ours, item)) ours.push_back(item);
    if (d.add.empty() && d.remove.empty()) return;
    model::RrChange change{
        .owner = owner, .type = type, .ttl = ttl, .add = {}, .remove = {}, .expect = {}, .check_expect = false};
    for (const auto& item : d.add) change.add.push_back(item.rdata());
    for (const auto& item : d.remove) change.remove.push_back(item.rdata());
    out.changes.push_back(std::move(change));
}

} // namespace

SignalWish signal_wish(const model::Intent& intent, const Knowledge& k, Instant now) {
    if (!intent.secure || k.parent.mode != model::ParentMode::cds) return SignalWish::none;
    const auto& ds = k.parent.ds;
    const auto has_ds = [&](const model::Sight& s) { return s.version >= 0 && !ds.version(s).content.empty(); };
    if (!ds.sights.empty() && std::ranges::all_of(ds.sights, has_ds)) return SignalWish::none;
    const auto* said = ds.everywhere({}) ? said_by_all(intent, k) : nullptr;
    return said != nullptr && may_come_now(said->named(), intent, k, now) ? SignalWish::publish : SignalWish::keep;
}

SignalNames signal_names(const Name& child, std::span<const Name> name_servers, std::span<const SignalPlace> places) {
    SignalNames out;
    for (const auto& ns : name_servers) {
        if (ns.is_at_or_below(child)) {
            out.notes.push_back(fmt::format("{} lies in the zone itself: no signal can be there", ns.text()));
            continue;
        }
        const auto owner = owner_of(child, ns);
        if (!owner) {
            out.notes.push_back(fmt::format("the name of a signal below {} would be too long", ns.text()));
            continue;
        }
        const auto found = around(child, ns, places);
        if (found.empty())
            out.notes.push_back(
                fmt::format("no signer has a signal zone around {}: whoever runs it has to publish there", ns.text()));
        for (const auto& place : found) out.where.push_back({place, *owner, {}, {}});
    }
    return out;
}

SignalStep signal_step(const SignalRecords& wanted, const SignalRecords& ours, std::span<const SignalSeen> seen,
                       bool everybody, dns::Ttl ttl) {
    SignalStep out{.changes = {}, .ours = {wanted.place, wanted.owner, {}, {}}};
    const auto cds_of = [](const SignalSeen& s) -> const auto& { return s.cds; };
    const auto keys_of = [](const SignalSeen& s) -> const auto& { return s.cdnskey; };
    auto cds = difference(wanted.cds, ours.cds, seen, everybody, cds_of);
    auto keys = difference(wanted.cdnskey, ours.cdnskey, seen, everybody, keys_of);
    const bool anything = !wanted.cds.empty() || !wanted.cdnskey.empty();
    out.strangers = anything && (cds.strangers || keys.strangers);
    put(out, out.ours.cds, wanted.owner, dns::Type::CDS, ttl, cds);
    put(out, out.ours.cdnskey, wanted.owner, dns::Type::CDNSKEY, ttl, keys);
    // Where nothing is wanted, all is well when nothing of ours is there any more, whatever others have there.
    out.complete =
        anything ? everybody && cds.complete && keys.complete : out.ours.cds.empty() && out.ours.cdnskey.empty();
    return out;
}

} // namespace tutti::plan
