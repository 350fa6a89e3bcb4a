#pragma once
// Much work of the same kind over several threads, with a progress bar on a terminal.
#include "base/time.hpp"

#include <functional>

namespace tutti::app {

// 0 jobs: one for each core.
int workers(int jobs);

// Calls work(worker, i) for i = 0 .. n - 1, each on one of the threads, and returns how long it took. The first
// exception ends it and comes out here.
Duration crowd(int n, int jobs, const std::function<void(int worker, int i)>& work);

} // namespace tutti::app
