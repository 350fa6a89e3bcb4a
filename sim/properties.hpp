#pragma once
// What must hold for every run: safety, liveness, no flapping, speed.
#include "sim/checker/exact.hpp"
#include "sim/run.hpp"

namespace tutti::sim {

struct Verdict {
    std::vector<checker::Finding> unsafe;
    std::string stuck; // not empty: it did not end, and nothing explains it
    std::vector<std::string> flaps;
    std::int64_t sampled = 0; // how many answers to the samples were bogus or none
    std::string unsampled;    // not empty: the samples found what the exact half did not
    bool fine() const { return unsafe.empty() && stuck.empty() && flaps.empty() && unsampled.empty(); }
    // What is wrong, a line each.
    std::string text() const;
    // The kind of trouble, for shrinking: "unsafe: no chain", "stuck", "flap".
    std::string kind() const;
};

struct Judged {
    Outcome outcome;
    Verdict verdict;
};

// What the checker is to look for: a zone that is meant to be insecure for a while may be.
checker::Rules rules_of(const Scenario& scenario);

// `samples`: resolvers of the sampled half; 0: only the exact half.
Judged prove(const Scenario& scenario, int samples = 0, const RunOptions& options = {});

// Actions that took back what an earlier one had done and did it again, with the same intent.
std::vector<std::string> flaps(const Trace& trace);

} // namespace tutti::sim
