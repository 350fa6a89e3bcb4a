#include "plan/forecast.hpp"

#include "plan/learn.hpp"
#include "plan/planner.hpp"
#include "plan/reach.hpp"

#include <algorithm>
#include <iterator>

namespace tutti::plan {

using model::Action;
using model::Decision;
using model::Knowledge;

namespace {

// Everything under way is seen everywhere at once: the write if there is one, else what the primary serves.
void settle(auto& track, Instant now) {
    const auto* goal = track.in_flight() != nullptr ? track.in_flight() : track.current();
    if (goal == nullptr) return;
    const int index = static_cast<int>(goal - track.versions.data());
    for (std::size_t i = 0; i < track.versions.size(); ++i) {
        auto& v = track.versions[i];
        if (static_cast<int>(i) == index)
            v.pending = false;
        else if (v.open())
            v.until = now;
    }
    for (auto& s : track.sights) s = model::Sight{.address = s.address, .version = index, .asked = now, .at = now};
}

void settle_all(Knowledge& k, Instant now) {
    settle(k.parent.ds, now);
    settle(k.parent.ns, now);
    for (auto& s : k.signers) {
        settle(s.dnskey, now);
        settle(s.data, now);
        settle(s.ns_child, now);
        settle(s.cds, now);
        settle(s.csync, now);
    }
}

// From here on going back means waiting for caches: resolvers were sent to somebody new, or something was taken away.
bool costs_to_undo(const Action& a, model::SignerSet reachable) {
    if (a.kind == Action::Kind::ns_parent || !a.remove_keys.empty()) return true;
    return a.kind == Action::Kind::ns_child && reachable.has(a.signer);
}

} // namespace

Forecast forecast(const model::Intent& intent, Knowledge known, Instant now) {
    Forecast out{.steps = {}, .because = {}, .finished = now, .after = std::move(known)};
    Knowledge& k = out.after;
    constexpr int kMaxRounds = 300;
    for (int round = 0; round < kMaxRounds; ++round) {
        settle_all(k, now);
        Decision d = plan(intent, k, now);
        out.finished = now;
        if (d.state == Decision::State::done) return out;
        if (d.state == Decision::State::act) {
            Step step{.at = now, .actions = d.actions, .then_waits = {}, .until = kNever, .breaks = {}, .before = k};
            std::ranges::copy_if(d.alarms, std::back_inserter(step.breaks),
                                 [](const auto& r) { return !r.blocks.empty(); });
            const auto reachable = Reach(k, intent.policy, true).all_at(now);
            if (out.point_of_no_cheap_return < 0 &&
                std::ranges::any_of(d.actions, [&](const Action& a) { return costs_to_undo(a, reachable); }))
                out.point_of_no_cheap_return = static_cast<int>(out.steps.size());
            for (const auto& a : d.actions) note_attempt(k, a, intent.policy, now);
            out.steps.push_back(std::move(step));
            continue;
        }
        if (d.until == kNever) {
            out.end = Forecast::End::blocked;
            out.because = std::move(d.because);
            return out;
        }
        if (!out.steps.empty()) {
            out.steps.back().then_waits = d.because;
            out.steps.back().until = d.until;
        }
        now = d.until;
    }
    out.end = Forecast::End::blocked;
    out.because = {{model::Reason::Kind::broken, "no end is in sight: the plan does not settle", "you", "",
                    "report this zone's history", kNever}};
    return out;
}

Duration minimum(const model::Intent& intent, const Knowledge& knowledge, Instant now) {
    Forecast f = forecast(intent, knowledge, now);
    return f.end == Forecast::End::done ? f.finished - now : Duration{0};
}

} // namespace tutti::plan
