#include "sim/exhaustive.hpp"

#include "sim/rng.hpp"

#include <algorithm>
#include <array>

namespace tutti::sim {

using What = EventSpec::What;

namespace {

constexpr int kBlue = 0, kGreen = 1;
constexpr std::size_t kMostExamples = 5;

// A number as digits with different bases, the last one first.
class Digits {
  public:
    explicit Digits(int number) : rest_(number) {}
    int next(int base) {
        const int digit = rest_ % base;
        rest_ /= base;
        return digit;
    }

  private:
    int rest_;
};

struct Change {
    std::vector<int> from, to;
};
const std::array<Change, 3>& changes() {
    static const std::array<Change, 3> kAll{Change{{kBlue}, {kBlue, kGreen}}, Change{{kBlue, kGreen}, {kBlue}},
                                            Change{{kBlue}, {kGreen}}};
    return kAll;
}
constexpr int kLags = 4; // nobody, or a secondary of blue, of green, of the parent

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    return Rng(hash ^ (value + 0x9e3779b97f4a7c15U + (hash << 6) + (hash >> 2))).next();
}
std::uint64_t content(const TraceTrack& track, const TraceVersion& v) {
    auto hash = mixed(static_cast<std::uint64_t>(track.kind), static_cast<std::uint64_t>(track.signer));
    for (auto bits : {v.keys.raw(), v.signed_by.raw(), v.signers.raw()}) hash = mixed(hash, bits);
    for (auto together : v.signatures) hash = mixed(hash, together.raw());
    return hash;
}

void note_states(Explored& out, const Trace& trace) {
    std::vector<Instant> moments{trace.start};
    std::uint64_t history = 0;
    for (const auto& track : trace.tracks)
        for (const auto& v : track.versions) {
            if (v.from > trace.start) moments.push_back(v.from);
            if (v.until > trace.start && v.until != kNever) moments.push_back(v.until);
            history = mixed(history, content(track, v));
            for (auto value :
                 {v.from.time_since_epoch().count(), v.until.time_since_epoch().count(), Duration::rep{v.ttl}})
                history = mixed(history, static_cast<std::uint64_t>(value));
        }
    out.histories.insert(history);
    for (Instant t : moments) {
        std::uint64_t state = 0;
        for (const auto& track : trace.tracks)
            for (const auto& v : track.versions)
                if (v.from <= t && t < v.until) state = mixed(state, content(track, v));
        out.states.insert(state);
    }
}

class Explorer {
  public:
    Explorer(const SmallWorld& world, Scenario start) : world_(world), start_(std::move(start)) {}

    Explored all(bool crash_in_rollover) {
        const auto plain = judged(start_);
        crashes(start_, plain.effects);
        const int ticks = 1 + static_cast<int>((plain.trace.end - Instant{}) / world_.unit);
        for (int tick = 0; tick <= ticks; ++tick)
            for (int signer : {kBlue, kGreen})
                for (What what : {What::zsk_rollover, What::ksk_rollover}) {
                    const auto s = with_rollover(what, signer, tick, crash_in_rollover);
                    ++out_.rollovers;
                    const auto o = judged(s);
                    if (crash_in_rollover) crashes(s, o.effects);
                }
        return std::move(out_);
    }

  private:
    Outcome judged(const Scenario& s) {
        auto j = prove(s, 0, {.on_save = {}, .pace = {.near = world_.unit / 4}, .warm_up = 3 * world_.unit});
        ++out_.runs;
        out_.passes += j.outcome.passes;
        note_states(out_, j.outcome.trace);
        out_.unsafe += j.verdict.unsafe.empty() ? 0 : 1;
        out_.stuck += j.verdict.stuck.empty() ? 0 : 1;
        out_.flapping += j.verdict.flaps.empty() ? 0 : 1;
        if (!j.verdict.fine() && out_.examples.size() < kMostExamples) out_.examples.push_back({s, j.verdict});
        return std::move(j.outcome);
    }
    // A pass keeps nothing in memory: what was saved and what was sent is all that remains of it. So a crash at any
    // call is one before the next call that has an effect, or one while orders are on their way: they arrive, and
    // nobody reads the answer.
    void crashes(const Scenario& from, const std::vector<Outcome::Effect>& effects) {
        for (const auto& effect : effects)
            for (auto half : {EventSpec::Half::before, EventSpec::Half::after}) {
                if (effect.call == 0 || (half == EventSpec::Half::after && !effect.sent)) continue;
                Scenario s = from;
                EventSpec e;
                e.what = What::crash;
                e.calls = effect.call;
                e.half = half;
                e.after = world_.unit;
                s.events.insert(s.events.begin(), e);
                out_.crashes += judged(s).crashes > 0 ? 1 : 0;
            }
    }
    // Everybody is given time to have the new key everywhere. An order that was noted and, because of a crash, never
    // sent is sent again after some seconds, whatever the unit is.
    Scenario with_rollover(What what, int signer, int tick, bool crash) const {
        Scenario s = start_;
        EventSpec e;
        e.what = what;
        e.signer = signer;
        e.at = tick * world_.unit;
        e.use_after = (world_.longest_ttl + 4) * world_.unit + seconds(crash ? 8 : 2);
        e.retire_after = *e.use_after + (world_.longest_ttl + 2) * world_.unit;
        s.events.push_back(e);
        return s;
    }

    SmallWorld world_;
    Scenario start_;
    Explored out_;
};

} // namespace

int parts(const SmallWorld& w) {
    return static_cast<int>(changes().size()) * kLags * (w.latest_act + 2) * w.longest_ttl * w.longest_ttl *
           w.longest_ttl * w.longest_ttl;
}

Scenario part(const SmallWorld& w, int i) {
    Digits digits(i);
    const auto ttl = [&] { return static_cast<std::uint32_t>((1 + digits.next(w.longest_ttl)) * to_seconds(w.unit)); };
    const auto& change = changes()[static_cast<std::size_t>(digits.next(static_cast<int>(changes().size())))];
    const int lag = digits.next(kLags);
    Scenario s;
    s.initial = change.from;
    s.intent = change.to;
    s.until = seconds(1000) + 200 * w.unit;
    s.network.most = s.network.least;
    auto& p = s.parent;
    // Written to, it acts after 0, 1, .. units; or it looks at CDS once in a unit.
    const int act = digits.next(w.latest_act + 2);
    p.mode = act <= w.latest_act ? ParentSpec::Mode::direct : ParentSpec::Mode::cds;
    p.poll_interval = w.unit;
    p.publish_delay = act <= w.latest_act ? act * w.unit : Duration{0};
    const auto ds = ttl(), dnskey = ttl(), ns = ttl(), data = ttl();
    p.ds_ttl = ds;
    p.ns_ttl = ns;
    for (const char* name : {"blue", "green"}) {
        SignerSpec signer;
        signer.name = name;
        signer.dnskey_ttl = dnskey;
        signer.ns_ttl = ns;
        signer.data_max = data;
        signer.write_delay = Duration{0};
        s.signers.push_back(signer);
    }
    s.policy.data_ttl_max = data;
    s.policy.margin = w.margin;
    if (lag == 1 || lag == 2) s.signers[static_cast<std::size_t>(lag - 1)].server_lag.push_back(w.unit);
    if (lag == 3) p.server_lag.push_back(w.unit);
    return s;
}

Explored explore(const SmallWorld& world, int i, bool crash_in_rollover) {
    return Explorer(world, part(world, i)).all(crash_in_rollover);
}

void Explored::add(Explored other) {
    runs += other.runs;
    rollovers += other.rollovers;
    crashes += other.crashes;
    passes += other.passes;
    unsafe += other.unsafe;
    stuck += other.stuck;
    flapping += other.flapping;
    states.merge(other.states);
    histories.merge(other.histories);
    for (auto& e : other.examples)
        if (examples.size() < kMostExamples) examples.push_back(std::move(e));
}

} // namespace tutti::sim
