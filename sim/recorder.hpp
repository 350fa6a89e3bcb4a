#pragma once
// The truth of a run as a trace: what each server served, and when.
#include "sim/sim_world.hpp"

namespace tutti::sim {

// Tracks, keys, signers and actions; result, minimum and notes are the runner's.
Trace record(const SimWorld& world, Instant start, Instant end);

} // namespace tutti::sim
