#pragma once
// `tutti simulate --sequence`: a fixed sequence of steps in the place of the planner.
#include "app/cli.hpp"
#include "app/judged.hpp"

#include <optional>

namespace tutti::app {

struct PlayOptions {
    std::string sequence, scenario; // scenario: empty means the sequence's own
    std::optional<std::uint64_t> seed;
    std::string trace;
    JudgeOptions judge;
};
int play_sequence(const Cli& cli, const PlayOptions& options);
// The page of doc/counterexamples.md, to stdout.
int write_counterexamples(const Cli& cli, const std::string& list);

} // namespace tutti::app
