#pragma once
// The shortest time in which a calm scenario can end, by its TTLs and by the time that its servers and its parent take.
// Not from the planner: from the table of doc/safety.md, with the moments at which servers really can have a change.
#include "sim/scenario.hpp"
#include "sim/trace.hpp"

namespace tutti::sim {

// The trace tells only when the parent polls.
Duration least_time(const Scenario& scenario, const Trace& trace);

} // namespace tutti::sim
