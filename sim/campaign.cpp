#include "sim/campaign.hpp"

#include "sim/generate.hpp"
#include "sim/shrink.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tutti::sim {

namespace {

Weather weather_of(std::uint64_t seed) {
    return seed % 2 == 0 ? Weather::calm : Weather::stormy;
}

Scenario random_scenario(std::uint64_t seed) {
    return generate(seed, weather_of(seed));
}

} // namespace

Trial try_seed(std::uint64_t seed, int samples) {
    auto judged = prove(random_scenario(seed), samples);
    Trial t{seed, judged.outcome.end, std::move(judged.verdict), 0, judged.outcome.passes};
    const auto least = judged.outcome.minimum_s;
    if (weather_of(seed) == Weather::calm && t.end == Outcome::End::done && least > 0)
        t.ratio = judged.outcome.elapsed_s / least;
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
    failed.insert(failed.end(), std::make_move_iterator(other.failed.begin()),
                  std::make_move_iterator(other.failed.end()));
    std::ranges::sort(failed, {}, &Trial::seed);
}

double Tally::quantile(double q) {
    if (ratios.empty()) return 0;
    std::ranges::sort(ratios);
    return ratios[static_cast<std::size_t>(std::ceil(q * static_cast<double>(ratios.size() - 1)))];
}

Scenario smallest(std::uint64_t seed, int samples) {
    auto scenario = random_scenario(seed);
    const auto kind = prove(scenario, samples).verdict.kind();
    return shrink(std::move(scenario), [&](const Scenario& s) { return prove(s, samples).verdict.kind() == kind; });
}

} // namespace tutti::sim
