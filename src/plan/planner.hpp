#pragma once
// plan(): the one function that decides. Pure: no clock, no I/O, no randomness.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"

namespace tutti::plan {

// Every action that is safe now; or the earliest time at which one becomes safe, and why; or who must act; or done.
model::Decision plan(const model::Intent& intent, const model::Knowledge& knowledge, Instant now);

} // namespace tutti::plan
