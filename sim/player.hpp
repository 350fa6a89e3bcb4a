#pragma once
// A sequence, played in the simulated world in the place of planner and engine.
#include "sim/scenario.hpp"
#include "sim/sequence.hpp"
#include "sim/trace.hpp"

namespace tutti::sim {

struct Played {
    bool ended = false;  // every step was done
    std::string waiting; // otherwise: the step that never came to its end, in words
    Duration elapsed{0}; // from 0 until its last step was done
    Trace trace;         // until nothing of it is left in caches
};

// Rollovers among the events are the sequence's to make: they say who rolls, and to which algorithm. The parent must
// be one that reads CDS: what is written to a parent by hand is in no sequence.
Expected<Played> play(const Sequence& sequence, const Scenario& scenario);

// Until when something in a trace changed: how long a run took, whoever did it.
Duration last_change(const Trace& trace);

} // namespace tutti::sim
