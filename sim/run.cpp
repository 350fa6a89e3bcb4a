#include "sim/run.hpp"

#include "engine/engine.hpp"
#include "sim/memory_store.hpp"
#include "sim/recorder.hpp"

#include <algorithm>
#include <array>

namespace tutti::sim {

using What = EventSpec::What;
using State = model::Decision::State;

namespace {

constexpr std::string_view kParentName = "parent";

} // namespace

Duration warm_up(const Scenario& s) {
    if (!s.policy.trust_past) return seconds(10);
    Duration lag = s.parent.publish_delay + s.parent.poll_interval;
    for (const auto& x : s.signers)
        for (auto l : x.server_lag) lag = std::max(lag, l + x.write_delay + x.own_cds_delay);
    for (auto l : s.parent.server_lag) lag = std::max(lag, l);
    return 4 * lag + seconds(30);
}

namespace {

class Runner {
  public:
    Runner(const Scenario& scenario, const RunOptions& options)
        : scenario_(scenario), options_(options), since_(Instant{} - options.warm_up.value_or(warm_up(scenario))),
          world_(scenario, since_), zone_(world_.keys().zone()),
          controllers_(static_cast<std::size_t>(scenario.controllers)) {
        for (auto& c : controllers_) c.due = since_;
        world_.set_hook([this] { before_call(); });
        world_.set_events([this](const EventSpec& e) { take(e); });
        store_.set_hooks([this] { before_call(); }, [this] { after_save(); });
        store_.keep_events(false);
        members_ = names(scenario.initial);
        remember_members();
        add_zone(scenario.policy.trust_past);
    }

    Outcome go() {
        const Instant until{scenario_.until};
        bool started = false;
        while (out_.passes < options_.most_passes) {
            Instant due = kNever;
            for (const auto& c : controllers_) due = std::min(due, c.due);
            if (want_at_ <= due) {
                world_.advance(std::max(world_.time(), want_at_));
                // Whoever added a zone waits until it was looked at.
                const auto* record = store_.peek(zone_);
                const bool looked_at = record == nullptr || record->knowledge.has_value();
                want_at_ = looked_at ? kNever : world_.time() + seconds(1);
                if (!looked_at) continue;
                note_wish(members_);
                want(members_, dead_);
                continue;
            }
            if (!started && due >= Instant{}) {
                world_.advance(std::max(world_.time(), Instant{}));
                started = true;
                begin();
                continue;
            }
            if (due > until) {
                world_.advance(until);
                return finish(at_the_end());
            }
            world_.advance(due);
            for (auto& c : controllers_)
                if (c.due <= world_.time()) pass(c);
            if (started && over()) return finish(end_);
        }
        return finish(Outcome::End::stalled);
    }

  private:
    struct Controller {
        Instant due;
        bool busy = false;
    };

    // --- the controller's life ---

    void pass(Controller& c) {
        c.busy = true;
        c.due = kNever;
        ++out_.passes;
        try {
            const Instant next = engine::reconcile(zone_, {world_, world_, store_}, options_.pace);
            if (c.due == kNever) c.due = next - world_.clock_offset();
        } catch (const Crash&) {
            ++out_.crashes;
            crash_in_ = 0;
            dying_ = false;
            world_.jump_clock(clock_jump_);
            clock_jump_ = {};
            c.due = world_.time() + crash_after_;
        }
        c.busy = false;
        c.due = std::max(c.due, world_.time());
    }

    void count_call() {
        if (world_.actions().size() != actions_seen_) out_.effects.push_back({calls_, true});
        actions_seen_ = world_.actions().size();
        calls_ += world_.time() >= Instant{} ? 1 : 0;
    }
    bool dies_after() {
        return crash_half_ == EventSpec::Half::either ? world_.rng().chance(0.5)
                                                      : crash_half_ == EventSpec::Half::after;
    }
    // Between any two calls of ports: the other controller may run, and this one may die.
    void before_call() {
        count_call();
        const bool strikes = crash_in_ == 1;
        if (crash_in_ > 0) --crash_in_;
        if (strikes) {
            if (!dying_ && dies_after()) { // not before this call but after its effect
                dying_ = true;
                crash_in_ = 1;
                world_.crash_after_sending();
            } else {
                throw Crash{};
            }
        }
        for (auto& other : controllers_)
            if (!other.busy && other.due <= world_.time()) pass(other);
    }
    void after_save() {
        ++out_.writes;
        out_.effects.push_back({calls_, false});
        if (const auto* record = store_.peek(zone_)) {
            note(record->decision);
            if (options_.on_save) options_.on_save(world_.time(), *record);
        }
        if (dying_) throw Crash{};
    }

    // --- the operator ---

    std::vector<std::string> names(const std::vector<int>& which) const {
        std::vector<std::string> out;
        for (int i : which) out.push_back(scenario_.signers[static_cast<std::size_t>(i)].name);
        return out;
    }

    std::string holder_name(int i) const { return i < 0 ? "" : scenario_.signers[static_cast<std::size_t>(i)].name; }

    void add_zone(bool trust_past) {
        const auto& p = scenario_.policy;
        port::ZoneRecord record{.zone = zone_,
                                .parent = std::string{kParentName},
                                .intent = {},
                                .knowledge = {},
                                .decision = {},
                                .settled = {},
                                .transition = {}};
        record.intent.signers = members_;
        record.intent.dead = dead_;
        record.intent.secure = secure_;
        record.intent.algorithms = algorithms_;
        record.intent.ksk_holder = ksk_holder_;
        record.intent.distrusted = distrusted_;
        auto& policy = record.intent.policy;
        policy.margin = p.margin;
        policy.strict_algorithms = p.strict_algorithms;
        policy.patience = p.patience;
        policy.data_ttl_max = p.data_ttl_max;
        policy.ds_ttl = scenario_.parent.ds_ttl;
        policy.ns_ttl = scenario_.parent.ns_ttl;
        policy.trust_past = trust_past;
        policy.past_ttl = longest_ttl_so_far();
        operate([&] { (void)store_.save(record, {}); });
    }

    // The operator who does not vouch for the past knows what TTLs there were.
    std::uint32_t longest_ttl_so_far() const {
        std::uint32_t out = scenario_.policy.data_ttl_max;
        const auto changed = [&](const EventSpec& e) { return e.what == What::ttl && Instant{e.at} <= world_.time(); };
        // Whoever serves the DNSKEY RRset of another does so with its TTL, too.
        if (ksk_holder_.empty() && std::ranges::none_of(scenario_.events, changed)) return out;
        out = std::max({out, scenario_.parent.ds_ttl, scenario_.parent.ns_ttl});
        for (const auto& s : scenario_.signers) out = std::max({out, s.dnskey_ttl, s.ns_ttl, s.data_max, s.ttl_floor});
        for (const auto& e : scenario_.events)
            if (changed(e)) out = std::max({out, e.ttl_a.value_or(0), e.ttl_ns.value_or(0), e.ttl_data.value_or(0)});
        return out;
    }

    void remember_members() {
        for (const auto& m : members_)
            if (std::ranges::find(ever_, m) == ever_.end()) ever_.push_back(m);
    }

    // The operator's calls are not the controller's: no hook.
    void operate(auto&& call) {
        store_.set_hooks({}, {});
        call();
        store_.set_hooks([this] { before_call(); }, [this] { after_save(); });
    }

    void want(std::vector<std::string> members, std::vector<std::string> dead) {
        members_ = std::move(members);
        dead_ = std::move(dead);
        remember_members();
        if (want_at_ != kNever) return; // the zone is being added again: that comes first
        auto* record = store_.peek(zone_);
        if (record != nullptr) {
            record->intent.signers = members_;
            record->intent.dead = dead_;
            record->intent.secure = secure_;
            record->intent.algorithms = algorithms_;
            record->intent.ksk_holder = ksk_holder_;
            record->intent.distrusted = distrusted_;
            record->revision += 1;
        }
        intent_at_ = world_.time();
        done_at_ = kNever;
        wake();
    }

    void begin() {
        started_ = world_.time();
        if (names(scenario_.intent) != members_) {
            note_wish(names(scenario_.intent));
            want(names(scenario_.intent), {});
        }
    }
    void note_wish(const std::vector<std::string>& members) {
        if (!options_.notes) return;
        std::string text;
        for (const auto& s : members) text += (text.empty() ? "intent: " : " + ") + s;
        notes_.push_back({world_.time(), kNever, std::move(text)});
    }

    void wake() {
        for (auto& c : controllers_) c.due = std::min(c.due, world_.time());
    }

    void take(const EventSpec& e) {
        if (options_.notes)
            notes_.push_back({world_.time(), e.lasts ? world_.time() + *e.lasts : kNever, event_text(scenario_, e)});
        switch (e.what) {
        case What::intent:
            secure_ = e.secure.value_or(secure_);
            if (!e.algorithms.empty()) algorithms_ = e.algorithms;
            if (e.ksk_holder) ksk_holder_ = holder_name(*e.ksk_holder);
            for (const auto& label : e.distrust)
                if (const auto* key = world_.keys().find(label)) distrusted_.push_back(key->dnskey);
            want(names(e.members), names(e.dead));
            break;
        case What::declare_dead: {
            auto dead = dead_;
            dead.push_back(scenario_.signers[static_cast<std::size_t>(e.signer)].name);
            auto members = members_;
            if (members.size() > 1) std::erase(members, dead.back());
            want(std::move(members), std::move(dead));
            break;
        }
        case What::crash:
            crash_in_ = e.calls;
            crash_after_ = e.after;
            crash_half_ = e.half;
            wake();
            break;
        case What::store_loss: {
            // The operator adds the zone again, names every signer that it has had, and then those wanted.
            store_.lose_everything();
            const auto wanted = members_;
            members_ = ever_;
            add_zone(false);
            members_ = wanted;
            want_at_ = world_.time() + seconds(1);
            wake();
            break;
        }
        case What::clock_jump:
            clock_jump_ += e.by;
            break;
        default:
            break;
        }
    }

    // --- what is noted of it ---

    void note(const model::Decision& d) {
        const Instant now = world_.time();
        if (d.state == State::done && done_at_ == kNever) done_at_ = now;
        if (d.state != State::done) done_at_ = kNever;
        if (d.state != out_.last.state) state_since_ = now;
        if (options_.notes && (d.state == State::wait || d.state == State::blocked) && !d.because.empty()) {
            std::string text = (d.state == State::blocked ? "blocked: " : "") + d.because.front().text;
            if (!d.because.front().blocks.empty()) text = d.because.front().blocks + ": " + text;
            if (waits_.empty() || waits_.back().text != text || waits_.back().until != kNever) {
                end_wait(now);
                waits_.push_back({now, kNever, std::move(text)});
            }
        } else if (options_.notes) {
            end_wait(now);
        }
        if (options_.notes) note_alarms(d, now);
        out_.last = d;
    }
    // Each once: from when it was told first until it was told last. What follows " since " differs each time.
    void note_alarms(const model::Decision& d, Instant now) {
        const auto head = [](std::string_view text) { return text.substr(0, text.find(" since ")); };
        for (auto& a : alarms_)
            if (a.until == kNever) a.until = now;
        for (const auto& a : d.told()) {
            auto same = std::ranges::find_if(alarms_, [&](const auto& n) { return head(n.text) == head(a.text); });
            if (same == alarms_.end()) same = alarms_.insert(same, {now, kNever, a.text});
            same->until = kNever;
        }
    }
    void end_wait(Instant now) {
        if (!waits_.empty() && waits_.back().until == kNever) waits_.back().until = now;
    }

    Outcome::End at_the_end() const {
        if (out_.last.state == State::done && world_.out_of_events()) return Outcome::End::done;
        return out_.last.state == State::blocked ? Outcome::End::blocked : Outcome::End::waiting;
    }

    // Nothing more can happen that would change the outcome.
    bool over() {
        if (want_at_ != kNever || !world_.out_of_events() || !world_.quiet(members_)) return false;
        const auto* record = store_.peek(zone_);
        if (record == nullptr) return false;
        const auto state = record->decision.state;
        if (state == State::done && record->intent.signers == members_ && done_at_ != kNever) {
            end_ = Outcome::End::done;
            return done_at_ >= intent_at_;
        }
        end_ = Outcome::End::blocked;
        return state == State::blocked && world_.time() > state_since_ + 2 * scenario_.policy.patience;
    }

    Outcome finish(Outcome::End end) {
        out_.end = end;
        const Instant until = world_.time();
        out_.trace = record(world_, started_, until);
        out_.trace.result = to_string(end);
        store_.set_hooks({}, {});
        if (auto all = store_.transitions(zone_); all && !all->empty()) {
            const auto& last = all->back();
            if (last.ended != kNever && last.started >= started_) {
                out_.elapsed_s = to_seconds(last.ended - last.started);
                out_.minimum_s = last.minimum_s;
            }
        }
        out_.trace.minimum_s = out_.minimum_s;
        out_.trace.events = std::move(notes_);
        out_.trace.waits = std::move(waits_);
        out_.trace.alarms = std::move(alarms_);
        return std::move(out_);
    }

    const Scenario& scenario_;
    RunOptions options_;
    Instant since_, started_{};
    SimWorld world_;
    MemoryStore store_;
    dns::Name zone_;
    std::vector<Controller> controllers_;
    bool secure_ = scenario_.secure;
    std::vector<std::uint8_t> algorithms_;
    std::string ksk_holder_ = holder_name(scenario_.ksk_holder);
    std::vector<dnssec::Dnskey> distrusted_;
    std::vector<std::string> members_, dead_, ever_; // ever: all that were members at some time
    Instant want_at_ = kNever;                       // the operator has something to say then
    Instant intent_at_ = kLongAgo, done_at_ = kNever, state_since_{};
    int calls_ = 0;
    std::size_t actions_seen_ = 0;
    int crash_in_ = 0;
    EventSpec::Half crash_half_ = EventSpec::Half::either;
    bool dying_ = false;
    Duration crash_after_{}, clock_jump_{};
    std::vector<TraceNote> notes_, waits_, alarms_;
    Outcome out_;
    Outcome::End end_ = Outcome::End::waiting;
};

constexpr std::array<std::string_view, 4> kEnds{"done", "waiting", "blocked", "stalled"};

} // namespace

std::string_view to_string(Outcome::End end) {
    return kEnds[static_cast<std::size_t>(end)];
}

Outcome run(const Scenario& scenario, const RunOptions& options) {
    return Runner(scenario, options).go();
}

} // namespace tutti::sim
