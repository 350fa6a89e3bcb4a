#pragma once
// From a scenario that fails to a small one that fails in the same way.
#include "sim/scenario.hpp"

#include <functional>

namespace tutti::sim {

// `fails` says whether a scenario still fails in the same way. Every step is kept only if it does.
Scenario shrink(Scenario scenario, const std::function<bool(const Scenario&)>& fails, int most_tries = 400);

} // namespace tutti::sim
