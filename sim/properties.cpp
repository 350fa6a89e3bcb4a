#include "sim/properties.hpp"

#include "sim/checker/held.hpp"
#include "sim/checker/sampled.hpp"
#include "sim/generate.hpp"

#include <fmt/format.h>

#include <map>

namespace tutti::sim {

std::vector<std::string> flaps(const Trace& trace) {
    struct Last {
        bool removed = false;
        Instant at;
    };
    std::vector<std::string> out;
    std::map<std::string, Last> last; // by kind, place and item
    const auto reach = checker::look(trace).reach;
    // What is prepared at a signer that nobody asks yet may be prepared otherwise when things change.
    const auto asked = [&](const TraceAction& a) {
        for (std::size_t s = 0; s < trace.signers.size(); ++s)
            if (trace.signers[s] == a.where) return reach[s].has(a.at);
        return true;
    };
    auto event = trace.events.begin();
    for (const auto& a : trace.actions) {
        if (a.what.ends_with("csync")) continue; // on while the parent is asked, off again: that is its use
        for (; event != trace.events.end() && event->from <= a.at; ++event)
            // What somebody else took away may be put back.
            last.clear();
        if (!asked(a)) continue;
        const bool removes = a.what.starts_with("remove-");
        for (const auto& item : a.items) {
            const auto what = a.what.substr(a.what.find('-') + 1);
            auto [it, first] = last.try_emplace(
                fmt::format("{} {} at {}", what, item, a.where.empty() ? "the parent" : a.where), Last{removes, a.at});
            if (!first && it->second.removed && !removes)
                out.push_back(fmt::format("{}: removed at {}, added again at {}", it->first,
                                          seconds_text(it->second.at), seconds_text(a.at)));
            it->second = {removes, a.at};
        }
    }
    return out;
}

namespace {

std::string why_stuck(const Scenario& scenario, const Outcome& o) {
    if (o.end == Outcome::End::done) return {};
    if (o.end == Outcome::End::stalled) return fmt::format("still busy after {} passes", o.passes);
    if (cannot_be_done(scenario)) return {};
    std::string out{to_string(o.end)};
    for (const auto& r : o.last.because) out += fmt::format("\n    {}: {}", r.blocks, r.text);
    return out;
}

} // namespace

checker::Rules rules_of(const Scenario& s) {
    const bool insecure =
        !s.begins_secure() || std::ranges::any_of(s.events, [](const auto& e) { return e.secure == false; });
    return {.strict_algorithms = s.policy.strict_algorithms, .may_become_insecure = insecure};
}

Judged prove(const Scenario& scenario, int samples, const RunOptions& options) {
    Judged j{run(scenario, options), {}};
    auto& v = j.verdict;
    const checker::Rules rules = rules_of(scenario);
    v.unsafe = checker::check(j.outcome.trace, rules);
    v.stuck = why_stuck(scenario, j.outcome);
    // Who learns late that a TTL is larger than it was has to undo what was right before.
    const auto changes_ttl = [](const EventSpec& e) { return e.what == EventSpec::What::ttl; };
    if (std::ranges::none_of(scenario.events, changes_ttl)) v.flaps = flaps(j.outcome.trace);
    if (samples == 0) return j;
    const auto sample =
        checker::sample(j.outcome.trace, rules, {.validators = samples, .queries_each = 100, .seed = scenario.seed});
    v.sampled = sample.failed;
    for (const auto& f : sample.failures)
        if (!checker::explained(f, v.unsafe))
            v.unsampled = fmt::format("the samples found \"{}\" at {}, the exact half did not",
                                      checker::to_string(f.fault), seconds_text(f.at));
    return j;
}

std::string Verdict::text() const {
    std::string out;
    for (const auto& f : unsafe) out += fmt::format("  unsafe ({}): {}\n", checker::to_string(f.fault), f.text);
    if (!stuck.empty()) out += fmt::format("  stuck: {}\n", stuck);
    for (const auto& f : flaps) out += fmt::format("  flap: {}\n", f);
    if (!unsampled.empty()) out += fmt::format("  checker: {}\n", unsampled);
    return out;
}

std::string Verdict::kind() const {
    if (!unsafe.empty()) return fmt::format("unsafe: {}", checker::to_string(unsafe.front().fault));
    if (!unsampled.empty()) return "checker";
    if (!flaps.empty()) return "flap";
    return stuck.empty() ? "" : "stuck";
}

} // namespace tutti::sim
