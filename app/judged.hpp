#pragma once
// A trace judged by both halves of the checker, as JSON, as text and as a picture.
#include "app/show.hpp"
#include "sim/checker/exact.hpp"
#include "sim/checker/sampled.hpp"

namespace tutti::app {

struct Judged {
    std::vector<sim::checker::Finding> findings; // of the exact half
    sim::checker::Sample sample;
    int unexplained = 0; // failures in the samples that are in no finding
    bool clean() const { return findings.empty() && sample.failed == 0; }
};

Judged judge(const sim::Trace& trace, const sim::checker::Rules& rules, int validators);

Json findings_json(const Judged& judged);
void render_findings(Page& page, const Judged& judged);
void render_timeline(Page& page, const sim::Trace& trace, const Judged& judged);

// The options that `simulate` and `check-trace` share.
struct JudgeOptions {
    int samples = 1000;
    bool may_become_insecure = false;
    std::string svg;
};
void add_judge_options(CLI::App& command, JudgeOptions& options);
// Of random scenarios, for `simulate` and `prove`.
void add_weather_option(CLI::App& command, std::string& weather);

Expected<std::string> read_file(const std::string& path);
Expected<void> write_file(const std::string& path, std::string_view text);
// If a path was given.
Expected<void> write_svg(const std::string& path, const sim::Trace& trace, const Judged& judged);

} // namespace tutti::app
