#pragma once
// Many random scenarios, counted. Each is judged by both halves of the checker and by the other properties.
#include "sim/generate.hpp"
#include "sim/properties.hpp"

#include <map>
#include <optional>

namespace tutti::sim {

// Without a weather: even seeds are calm, odd ones are stormy.
Scenario random_scenario(std::uint64_t seed, std::optional<Weather> weather);

// One random scenario, run and judged.
struct Trial {
    std::uint64_t seed = 0;
    Outcome::End end = Outcome::End::waiting;
    Verdict verdict;
    // elapsed / minimum; 0: a fault may have made it wait, or there is nothing to compare with. The minimum of `ratio`
    // knows caches alone, that of `own_ratio` also how long servers and parent take: the rest is the controller's own.
    double ratio = 0, own_ratio = 0;
    int passes = 0;
};
Trial try_seed(std::uint64_t seed, std::optional<Weather> weather, int samples, const RunOptions& options = {});

struct Tally {
    int runs = 0;
    int exact = 0, sampled = 0; // runs in which that half of the checker found something
    int unexplained = 0;        // runs in which the sampled half found what the exact half did not
    int stuck = 0, flapping = 0;
    std::int64_t passes = 0; // of all runs together
    std::map<Outcome::End, int> ends;
    std::vector<double> ratios, own_ratios;
    std::pair<double, std::uint64_t> slowest; // the largest own ratio, and its seed
    std::vector<Trial> failed;                // by seed

    void add(Trial trial);
    void add(Tally other);
    bool fine() const { return failed.empty(); }
};

// 0 <= q <= 1
double quantile(std::vector<double> values, double q);

// A failing scenario as a small one that fails in the same way.
Scenario smallest(Scenario scenario, int samples);

} // namespace tutti::sim
