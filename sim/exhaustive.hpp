#pragma once
// A world that is small enough to be gone through to the end: two signers, TTLs of a few units, a change of signers;
// the parent takes any number of units to act, one server may trail by a unit, a signer may roll a key at any tick, the
// controller may die at any call of a port. Real planner, real engine, exact checker.
#include "sim/properties.hpp"

#include <cstdint>
#include <set>

namespace tutti::sim {

struct SmallWorld {
    int longest_ttl = 3; // each TTL is 1 .. longest_ttl units
    int latest_act = 3;  // the parent acts 0 .. latest_act units after it was told; or looks at CDS every unit
    Duration unit{seconds(1)};
    Duration margin{0}; // of the policy; negative: a mutant, for tests
};

// A part of the small world: one choice of change, TTLs, parent and lag. Counted from 0.
int parts(const SmallWorld& world);
Scenario part(const SmallWorld& world, int i);

struct Explored {
    std::int64_t runs = 0, rollovers = 0, crashes = 0, passes = 0; // rollovers, crashes: runs with one
    std::set<std::uint64_t> states;                                // what all servers serve at one moment
    std::set<std::uint64_t> histories;                             // the same from beginning to end, with its times
    std::int64_t unsafe = 0, stuck = 0, flapping = 0;
    struct Bad {
        Scenario scenario;
        Verdict verdict;
    };
    std::vector<Bad> examples; // the first few

    void add(Explored other);
    bool fine() const { return unsafe + stuck + flapping == 0; }
};

// Everything that can happen in one part. `crash_in_rollover`: also both at once, in every combination.
Explored explore(const SmallWorld& world, int part, bool crash_in_rollover);

} // namespace tutti::sim
