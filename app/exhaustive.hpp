#pragma once
// `tutti prove --exhaustive`: the small world, gone through to the end.
#include "app/cli.hpp"

namespace tutti::app {

struct ExhaustiveOptions {
    int jobs = 0, longest_ttl = 3;
    bool crash_in_rollover = false;
};
int prove_exhaustive(const Cli& cli, const ExhaustiveOptions& options);

} // namespace tutti::app
