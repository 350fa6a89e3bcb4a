#include "sim/campaign.hpp"

#include "sim/least.hpp"
#include "sim/shrink.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tutti::sim {

Scenario random_scenario(std::uint64_t seed, std::optional<Weather> weather) {
    return generate(seed, weather.value_or(seed % 2 == 0 ? Weather::calm : Weather::stormy));
}

Trial try_seed(std::uint64_t seed, std::optional<Weather> weather, int samples, const RunOptions& options) {
    const auto scenario = random_scenario(seed, weather);
    auto judged = prove(scenario, samples, options);
    Trial t{
        .seed = seed, .end = judged.outcome.end, .verdict = std::move(judged.verdict), .passes = judged.outcome.passes};
    if (!scenario.calm() || t.end != Outcome::End::done || judged.outcome.minimum_s <= 0) return t;
    t.ratio = judged.outcome.elapsed_s / judged.outcome.minimum_s;
    t.own_ratio = judged.outcome.elapsed_s / to_seconds(least_time(scenario, judged.outcome.trace));
    return t;
}

void Tally::add(Trial t) {
    ++runs;
    ++ends[t.end];
    exact += t.verdict.unsafe.empty() ? 0 : 1;
    sampled += t.verdict.sampled > 0 ? 1 : 0;
    unexplained += t.verdict.unsampled.empty() ? 0 : 1;
    stuck += t.verdict.stuck.empty() ? 0 : 1;
    flapping += t.verdict.flaps.empty() ? 0 : 1;
    passes += t.passes;
    if (t.ratio > 0) ratios.push_back(t.ratio);
    if (t.own_ratio > 0) own_ratios.push_back(t.own_ratio);
    slowest = std::max(slowest, {t.own_ratio, t.seed});
    if (t.verdict.fine()) return;
    failed.insert(std::ranges::upper_bound(failed, t.seed, {}, &Trial::seed), std::move(t));
}

void Tally::add(Tally other) {
    runs += other.runs;
    exact += other.exact;
    sampled += other.sampled;
    unexplained += other.unexplained;
    stuck += other.stuck;
    flapping += other.flapping;
    passes += other.passes;
    for (const auto& [end, n] : other.ends) ends[end] += n;
    ratios.insert(ratios.end(), other.ratios.begin(), other.ratios.end());
    own_ratios.insert(own_ratios.end(), other.own_ratios.begin(), other.own_ratios.end());
    slowest = std::max(slowest, other.slowest);
    failed.insert(failed.end(), std::make_move_iterator(other.failed.begin()),
                  std::make_move_iterator(other.failed.end()));
    std::ranges::sort(failed, {}, &Trial::seed);
}

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size() - 1)))];
}

Scenario smallest(Scenario scenario, int samples) {
    const auto kind = prove(scenario, samples).verdict.kind();
    return shrink(std::move(scenario), [&](const Scenario& s) { return prove(s, samples).verdict.kind() == kind; });
}

} // namespace tutti::sim
