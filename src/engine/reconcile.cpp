#include "engine/engine.hpp"
#include "engine/journal.hpp"
#include "plan/alarms.hpp"
#include "plan/forecast.hpp"
#include "plan/learn.hpp"
#include "plan/planner.hpp"
#include "plan/reach.hpp"
#include "plan/records.hpp"

#include <algorithm>

namespace tutti::engine {

using model::Action;
using model::Decision;
using model::Knowledge;

namespace {

// A refusal says for certain that nothing was done.
bool nothing_was_done(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::unknown_outcome:
    case ErrorKind::transient:
    case ErrorKind::internal:
    case ErrorKind::bad_answer:
        return false;
    default:
        return true;
    }
}

void each_track(auto& k, auto&& use) {
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

std::vector<std::vector<model::Sight>*> sights_of(Knowledge& k) {
    std::vector<std::vector<model::Sight>*> out;
    each_track(k, [&](auto& track) { out.push_back(&track.sights); });
    return out;
}

class Pass {
  public:
    Pass(Ports ports, const Pace& pace, port::ZoneRecord record)
        : ports_(ports), pace_(pace), record_(std::move(record)) {}

    Instant run() {
        observe();
        decide();
        if (!may_act()) {
            if (!save()) return soon();
            return next_look();
        }
        if (!save_attempts()) return soon();
        act();
        if (!save()) return soon();
        return soon();
    }

  private:
    Instant soon() const { return ports_.clock.now() + pace_.near; }

    port::ZoneSetup setup() const { return setup_of(record_, record_.intent); }

    void observe() {
        auto seen = ports_.world.observe(setup());
        if (!record_.knowledge)
            record_.knowledge =
                Knowledge{.zone = record_.zone, .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
        before_ = *record_.knowledge;
        plan::learn(*record_.knowledge, seen, record_.intent);
        now_ = ports_.clock.now();
        journal_versions(events_, before_, *record_.knowledge, now_);
        plan::forget_dead(*record_.knowledge, record_.intent, now_);
    }

    void decide() {
        begin_transition();
        auto decision = plan::plan(record_.intent, *record_.knowledge, now_);
        if (decision.state == Decision::State::done) forget_refusals();
        plan::watch(decision, {record_.intent, *record_.knowledge, record_.decision, !record_.transition, now_});
        journal_decision(events_, record_.decision, decision, *record_.knowledge, now_);
        changed_ = decision.state != record_.decision.state || decision.actions != record_.decision.actions ||
                   decision.because != record_.decision.because || decision.alarms != record_.decision.alarms;
        if (decision.state != record_.decision.state) record_.decided = now_;
        record_.decision = std::move(decision);
        if (record_.decision.state == Decision::State::done) end_transition();
    }

    void begin_transition() {
        if (record_.settled.empty()) record_.settled = delegated();
        auto wanted = record_.intent.signers;
        std::ranges::sort(wanted);
        if (record_.settled == wanted && !record_.transition) return;
        if (record_.transition) {
            auto to = record_.transition->to;
            std::ranges::sort(to);
            if (to == wanted && record_.transition->minimum_s > 0) return;
        }
        Instant started =
            record_.transition && record_.transition->to == record_.intent.signers ? record_.transition->started : now_;
        auto least = plan::minimum(record_.intent, *record_.knowledge, started);
        record_.transition =
            port::Transition{record_.settled, record_.intent.signers, started, kNever, to_seconds(least)};
    }

    // A zone that is new here stands with the signers that the parent names.
    std::vector<std::string> delegated() const {
        std::vector<std::string> out;
        if (const auto* ns = record_.knowledge->parent.ns.current())
            for (int s : plan::owners(*record_.knowledge, ns->content))
                out.push_back(record_.knowledge->signers[static_cast<std::size_t>(s)].name);
        std::ranges::sort(out);
        return out;
    }

    void end_transition() {
        if (!record_.transition) return;
        auto over = *record_.transition;
        over.ended = now_;
        record_.transition.reset();
        record_.settled = over.to;
        std::ranges::sort(record_.settled);
        ended_ = over;
        journal_end(events_, over, now_);
    }

    bool may_act() const {
        if (record_.decision.state != Decision::State::act || record_.paused) return false;
        return record_.mode == port::Mode::automatic || record_.steps > 0;
    }

    // What is about to be done counts as possibly done from now on, whatever happens next.
    bool save_attempts() {
        now_ = ports_.clock.now();
        for (const auto& a : record_.decision.actions) {
            orders_.push_back({a, plan::compile(a, *record_.knowledge, record_.intent.policy)});
            plan::note_attempt(*record_.knowledge, a, record_.intent.policy, now_);
            journal_action(events_, a, *record_.knowledge, now_);
        }
        if (record_.mode == port::Mode::manual) record_.steps -= 1;
        return save();
    }

    void act() {
        auto results = ports_.world.carry_out(setup(), orders_);
        for (std::size_t i = 0; i < results.size(); ++i) {
            auto& shut = shut_of(orders_[i].action.signer);
            if (results[i]) {
                shut.clear();
                continue;
            }
            const auto& error = results[i].error();
            if (error.kind == ErrorKind::auth) shut = error.text();
            journal_failure(events_, orders_[i].action, error, *record_.knowledge, ports_.clock.now());
            if (nothing_was_done(error.kind)) plan::note_refused(*record_.knowledge, orders_[i].action, error.text());
        }
    }

    std::string& shut_of(int signer) {
        auto& k = *record_.knowledge;
        return signer == model::kNobody ? k.parent.shut.write : k.signers[static_cast<std::size_t>(signer)].shut.write;
    }
    // Where nothing is left to be written, it does not matter any more.
    void forget_refusals() {
        record_.knowledge->parent.shut.write.clear();
        for (auto& s : record_.knowledge->signers) s.shut.write.clear();
    }

    // Only what matters is written: an observation that changes nothing but its own time is not.
    bool save() {
        if (events_.empty() && !changed_ && record_.knowledge == before_) return true;
        if (events_.empty() && !changed_ && same_versions()) return true;
        auto saved = ports_.store.save(record_, events_);
        if (!saved) return false;
        events_.clear();
        changed_ = false;
        before_ = *record_.knowledge;
        if (ended_) {
            (void)ports_.store.add_transition(record_.zone, *ended_);
            ended_.reset();
        }
        return true;
    }

    // Times of sights may go unsaved: after a crash older ones stand in, and they are only more cautious. What was
    // there before gets those of now, so that only the rest is compared; a copy of it all would be dear at every look.
    bool same_versions() {
        const auto now = sights_of(*record_.knowledge), then = sights_of(before_);
        if (now.size() != then.size()) return false;
        for (std::size_t t = 0; t < now.size(); ++t) {
            if (now[t]->size() != then[t]->size()) return false;
            for (std::size_t i = 0; i < now[t]->size(); ++i) {
                const auto& s = (*now[t])[i];
                auto& old = (*then[t])[i];
                old.asked = s.asked;
                old.at = s.at;
                old.expires = s.expires;
                old.renew_by = s.renew_by;
            }
        }
        return *record_.knowledge == before_;
    }

    // Exactly when something becomes safe; before that often while something is under way, and seldom at rest.
    Instant next_look() const {
        Instant last_try = kLongAgo;
        dns::Ttl least_ttl = 86400;
        bool under_way = false;
        each_track(*record_.knowledge, [&](const auto& track) {
            for (const auto& v : track.versions) {
                if (!v.open()) continue;
                if (v.pending) last_try = std::max(last_try, v.tried);
                if (v.ttl > 0) least_ttl = std::min(least_ttl, v.ttl);
                under_way = under_way || v.pending || !track.everywhere(v.content);
            }
        });
        Duration rest =
            std::clamp<Duration>(std::chrono::seconds(least_ttl) / 2, std::chrono::seconds(1), pace_.idle_max);
        Instant since = std::max(last_try, record_.decided);
        if (under_way || record_.decision.state == Decision::State::act)
            rest = std::min(rest, std::clamp<Duration>((now_ - since) / 2, pace_.near, pace_.near_max));
        // What has to last before it is told of is looked at again when it has.
        for (const auto& a : record_.decision.alarms)
            if (!a.told) rest = std::min(rest, a.since + record_.intent.policy.patience - now_);
        return std::max(now_ + pace_.near / 10, std::min(now_ + rest, record_.decision.until));
    }

    Ports ports_;
    const Pace& pace_;
    port::ZoneRecord record_;
    Knowledge before_{.zone = record_.zone, .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
    Instant now_{};
    std::vector<port::Event> events_;
    std::vector<port::Order> orders_;
    std::optional<port::Transition> ended_;
    bool changed_ = false;
};

} // namespace

Instant reconcile(const dns::Name& zone, Ports ports, const Pace& pace) {
    auto record = ports.store.load(zone);
    if (!record) return ports.clock.now() + pace.near_max;
    return Pass(ports, pace, std::move(*record)).run();
}

} // namespace tutti::engine
