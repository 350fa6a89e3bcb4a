#pragma once
// Many random scenarios, counted. Each is judged by both halves of the checker and by the other properties.
#include "sim/properties.hpp"

#include <map>

namespace tutti::sim {

// One random scenario. Even seeds have calm weather, odd ones are stormy.
struct Trial {
    std::uint64_t seed = 0;
    Outcome::End end = Outcome::End::waiting;
    Verdict verdict;
    double ratio = 0; // elapsed / minimum; 0: a fault may have made it wait, or there is nothing to compare with
    int passes = 0;
};
Trial try_seed(std::uint64_t seed, int samples);

struct Tally {
    int runs = 0;
    int exact = 0, sampled = 0; // runs in which that half of the checker found something
    int unexplained = 0;        // runs in which the sampled half found what the exact half did not
    int stuck = 0, flapping = 0;
    std::int64_t passes = 0; // of all runs together
    std::map<Outcome::End, int> ends;
    std::vector<double> ratios;
    std::vector<Trial> failed; // by seed

    void add(Trial trial);
    void add(Tally other);
    bool fine() const { return failed.empty(); }
    // 0 <= q <= 1; sorts the ratios first.
    double quantile(double q);
};

// A failing scenario as a small one that fails in the same way.
Scenario smallest(std::uint64_t seed, int samples);

} // namespace tutti::sim
