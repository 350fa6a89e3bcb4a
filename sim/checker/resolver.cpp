#include "sim/checker/judge.hpp"

#include "sim/checker/resolver.hpp"

namespace tutti::sim::checker {

namespace {

Duration life_of(const TraceVersion& v) {
    return std::chrono::seconds(v.ttl);
}

Duration life_of_rrset(const TraceVersion& v, Question q) {
    constexpr std::array<int, kRrsets> kShare{1, 2, 10};
    return q.what == What::data ? life_of(v) / kShare[q.rrset] : life_of(v);
}

} // namespace

// --- servers ---

Servers::Servers(const Trace& trace) : tracks_((trace.signers.size() + 1) * 6, nullptr) {
    for (const auto& t : trace.tracks) tracks_[slot(t.kind, t.signer)] = &t;
}

const TraceTrack* Servers::find(TrackKind kind, int signer) const {
    return tracks_[slot(kind, signer)];
}

bool Servers::down(int signer, Instant t) const {
    const auto* track = find(TrackKind::down, signer);
    return track != nullptr &&
           std::ranges::any_of(track->versions, [&](const auto& v) { return v.from <= t && t < v.until; });
}

std::optional<Copy> Servers::ask(TrackKind kind, int signer, Instant t, Dice& dice) const {
    const auto* track = find(kind, signer);
    if (track == nullptr) return std::nullopt;
    const TraceVersion* chosen = nullptr;
    std::size_t seen = 0;
    for (const auto& v : track->versions)
        if (v.from <= t && t < v.until && dice.below(++seen) == 0) chosen = &v;
    if (chosen == nullptr) return std::nullopt;
    Copy c{chosen, {kind, signer, static_cast<int>(chosen - track->versions.data()), t}, {}, {}};
    if (kind == TrackKind::data && !chosen->signatures.empty())
        c.signatures = chosen->signatures[dice.below(chosen->signatures.size())];
    return c;
}

// --- resolvers ---

Copy& Recursor::slot(Question q) {
    return q.what == What::ds ? ds_ : q.what == What::dnskey ? dnskey_ : data_[q.rrset];
}

void Recursor::keep(Copy& slot, const Copy& copy, Instant t) const {
    slot = copy;
    slot.expires = t + std::min(copy.expires - t, habits_.cap);
}

std::optional<Copy> Recursor::get(Question q, Instant t, Dice& dice, std::optional<Failure>& failure) {
    auto& cached = slot(q);
    if (cached.fresh(t)) {
        Copy answer = cached;
        const auto life = std::min(life_of_rrset(*cached.version, q), habits_.cap);
        if (habits_.prefetch && cached.expires - t < life / 10) {
            std::optional<Failure> ignored;
            (void)fetch(q, t, dice, ignored);
        }
        return answer;
    }
    return fetch(q, t, dice, failure);
}

std::optional<Copy> Recursor::fetch(Question q, Instant t, Dice& dice, std::optional<Failure>& failure) {
    if (q.what == What::ds) {
        auto c = servers_->ask(TrackKind::ds, -1, t, dice);
        if (!c) return std::nullopt;
        c->expires = t + life_of(*c->version);
        keep(ds_, *c, t);
        return c;
    }
    if (!ns_.fresh(t)) {
        auto c = servers_->ask(TrackKind::ns_parent, -1, t, dice);
        if (!c) return std::nullopt;
        c->expires = t + life_of(*c->version);
        keep(ns_, *c, t);
        ns_.version = c->version; // usable for this question even with a TTL of 0
    }
    std::vector<int> signers;
    bool accident = false;
    for (int s : ns_.version->signers) {
        signers.push_back(s);
        accident = accident || servers_->down(s, t) || !servers_->known(s);
    }
    while (!signers.empty()) {
        const auto i = dice.below(signers.size());
        const int s = signers[i];
        signers.erase(signers.begin() + static_cast<std::ptrdiff_t>(i));
        auto c = servers_->ask(q.what == What::dnskey ? TrackKind::dnskey : TrackKind::data, s, t, dice);
        if (!c) continue;
        c->expires = t + life_of_rrset(*c->version, q);
        keep(slot(q), *c, t);
        if (habits_.child_centric && dice.chance(0.5)) {
            if (auto ns = servers_->ask(TrackKind::ns_child, s, t, dice); ns && !ns->version->signers.empty()) {
                ns->expires = t + life_of(*ns->version);
                keep(ns_, *ns, t);
            }
        }
        return c;
    }
    if (!accident && !failure) {
        failure = Failure{.at = t, .fault = Fault::unresolvable};
        failure->ns = ns_.held;
    }
    return std::nullopt;
}

// --- validators ---

std::pair<const Copy*, bool> Validator::have(Copy& slot, Question q, Instant t, std::vector<Recursor>& recursors,
                                             Dice& dice, std::optional<Failure>& failure) {
    if (habits_.caches && slot.fresh(t)) return {&slot, false};
    auto c = recursors[upstreams_[dice.below(upstreams_.size())]].get(q, t, dice, failure);
    if (!c) return {nullptr, false};
    slot = *c;
    slot.expires = t + std::min(c->expires - t, habits_.cap);
    return {&slot, true};
}

std::optional<Failure> Validator::query(std::size_t rrset, Instant t, const Judge& judge,
                                        std::vector<Recursor>& recursors, Dice& dice) {
    std::optional<Failure> failure;
    const auto [data, new_data] = have(data_[rrset], {What::data, rrset}, t, recursors, dice, failure);
    if (data == nullptr) return failure;
    if (!new_data) return std::nullopt; // validated when it came in
    const auto [dnskey, new_dnskey] = have(dnskey_, {What::dnskey}, t, recursors, dice, failure);
    const auto [ds, new_ds] = have(ds_, {What::ds}, t, recursors, dice, failure);
    if (failure) return failure;
    if (dnskey == nullptr || ds == nullptr) return std::nullopt;
    std::optional<Fault> fault;
    if (new_dnskey || new_ds) fault = judge.chain(*ds->version, *dnskey->version);
    Failure f{.at = t, .fault = {}};
    f.ds = ds->held;
    f.dnskey = dnskey->held;
    if (!fault) {
        fault = judge.rrset(*ds->version, *dnskey->version, data->signatures);
        f.data = data->held;
    }
    if (!fault) return std::nullopt;
    f.fault = *fault;
    // It tries again with what it has not cached.
    data_[rrset].expires = dnskey_.expires = kLongAgo;
    return f;
}

} // namespace tutti::sim::checker
