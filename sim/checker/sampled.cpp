#include "sim/checker/sampled.hpp"

#include "sim/checker/judge.hpp"
#include "sim/checker/resolver.hpp"

namespace tutti::sim::checker {

namespace {

constexpr std::size_t kMostKept = 1000;

Habits recursor_habits(Dice& dice) {
    Habits h;
    h.child_centric = dice.chance(0.5);
    h.prefetch = dice.chance(0.3);
    if (dice.chance(0.1)) h.cap = std::chrono::seconds(1);
    return h;
}
Habits validator_habits(Dice& dice) {
    Habits h;
    h.caches = dice.chance(0.6);
    if (dice.chance(0.3)) h.cap = std::chrono::seconds(1 + static_cast<int>(dice.below(10)));
    return h;
}

// Half of the questions at any time, half of them soon after something changed.
std::vector<Instant> query_times(const Trace& trace, const SampleOptions& options, Dice& dice) {
    std::vector<Instant> changes{trace.start};
    Duration longest{0};
    for (const auto& track : trace.tracks)
        for (const auto& v : track.versions) {
            longest = std::max<Duration>(longest, std::chrono::seconds(v.ttl));
            for (Instant t : {v.from, v.until})
                if (t >= trace.start && t <= trace.end) changes.push_back(t);
        }
    std::vector<Instant> out;
    const auto n = static_cast<std::size_t>(options.validators) * static_cast<std::size_t>(options.queries_each);
    out.reserve(n);
    // Caches fill up before the start.
    const Instant from = trace.start - longest;
    for (std::size_t i = 0; i < n; ++i) {
        Instant t = from + dice.upto(trace.end - from);
        if (dice.chance(0.5)) t = changes[dice.below(changes.size())] + dice.upto(longest);
        if (dice.chance(0.2)) t = changes[dice.below(changes.size())] - dice.upto(std::chrono::milliseconds(200));
        out.push_back(std::min(t, trace.end));
    }
    std::ranges::sort(out);
    return out;
}

bool same(const Held& a, const Held& b) {
    return a.kind == b.kind && a.signer == b.signer && a.index == b.index;
}

} // namespace

Sample sample(const Trace& trace, const Rules& rules, const SampleOptions& options) {
    Dice dice(options.seed);
    const Servers servers(trace);
    const Judge judge(trace, rules);
    const auto n = static_cast<std::size_t>(options.validators);
    std::vector<Recursor> recursors;
    std::vector<Validator> validators;
    const std::size_t shared = std::max<std::size_t>(2, n / 10);
    for (std::size_t i = 0; i < shared; ++i) recursors.emplace_back(servers, recursor_habits(dice));
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::size_t> upstreams{dice.below(shared)};
        if (dice.chance(0.3)) upstreams.push_back(dice.below(shared));
        if (dice.chance(0.3)) { // it resolves by itself
            recursors.emplace_back(servers, recursor_habits(dice));
            upstreams = {recursors.size() - 1};
        }
        validators.emplace_back(std::move(upstreams), validator_habits(dice));
    }
    Sample out;
    for (Instant t : query_times(trace, options, dice)) {
        ++out.queries;
        auto failure = validators[dice.below(n)].query(dice.below(kRrsets), t, judge, recursors, dice);
        if (!failure || t < trace.start) continue;
        ++out.failed;
        if (out.failures.size() < kMostKept) out.failures.push_back(*failure);
    }
    return out;
}

bool explained(const Failure& f, const std::vector<Finding>& findings) {
    const auto involved = [](const Finding& finding, const Held& h) {
        return h.index < 0 || std::ranges::any_of(finding.held, [&](const Held& x) { return same(x, h); });
    };
    return std::ranges::any_of(findings, [&](const Finding& x) {
        if (x.fault != f.fault || !x.when.has(f.at)) return false;
        // With data, the DS is one of several that may be there.
        const bool by_ds = f.data.index >= 0 || involved(x, f.ds);
        return by_ds && involved(x, f.dnskey) && involved(x, f.data) && involved(x, f.ns);
    });
}

} // namespace tutti::sim::checker
