#pragma once
// The history of a zone as a trace (tutti-trace/1), so that a real run can be judged like a simulated one.
#include "app/text.hpp"
#include "sim/trace.hpp"

namespace tutti::app {

// `history`, `explain`: answers of the daemon. Fails when the history says nothing about versions.
Expected<sim::Trace> trace_of(const Json& history, const Json& explain);

} // namespace tutti::app
