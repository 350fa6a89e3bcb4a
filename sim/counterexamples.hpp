#pragma once
// Known holes of published sequences as counterexamples (format tutti-counterexamples/1): each one played, judged, and
// set beside the mended sequence and the planner on the same scenario. doc/counterexamples.md is made of it.
#include "sim/checker/exact.hpp"
#include "sim/player.hpp"
#include "sim/run.hpp"

namespace tutti::sim {

// As the list has it.
struct Claim {
    std::string hole, title;
    std::string sequence, mended;    // files; mended: may be empty
    std::string scenario;            // a file; empty: the sequence's own
    std::vector<std::string> expect; // the faults; empty: safe
    bool ends = true;
    std::string says, wrong, instead; // for the page: the text it follows from, what goes wrong, what would be right
};

struct Example {
    Claim claim;
    std::string scenario_file;
    Sequence sequence;
    Scenario scenario;
    Played run;
    std::vector<checker::Finding> findings;
    bool lenient_too = false; // it goes wrong also for validators that do not insist on every algorithm
    std::optional<Played> mended;
    std::vector<checker::Finding> mended_findings;
    Outcome own; // planner and engine on the same scenario
    std::vector<checker::Finding> own_findings;

    std::vector<std::string> faults() const; // each once, the earliest first
};

// The content of a file, by its path relative to the list.
using ReadFile = std::function<Expected<std::string>(const std::string& path)>;

Expected<std::vector<Example>> play_all(std::string_view list, const ReadFile& read);

// In Markdown.
std::string page(const std::vector<Example>& examples);

} // namespace tutti::sim
