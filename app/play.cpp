#include "app/play.hpp"

#include "sim/counterexamples.hpp"
#include "sim/properties.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tutti::app {

namespace {

Expected<sim::Sequence> sequence_of(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    return sim::parse_sequence(*text);
}

Expected<sim::Scenario> scenario_of(const PlayOptions& o, const sim::Sequence& sequence) {
    const auto beside = std::filesystem::path(o.sequence).parent_path() / sequence.scenario;
    const auto text = read_file(o.scenario.empty() ? beside.string() : o.scenario);
    if (!text) return std::unexpected(text.error());
    auto scenario = sim::parse_scenario(*text);
    if (scenario && o.seed) scenario->seed = *o.seed;
    return scenario;
}

int code_of(const sim::Played& run, const Judged& judged) {
    if (!judged.clean()) return kFailed;
    return run.ended ? kOk : kWaiting;
}

Json as_json(const sim::Sequence& sequence, const sim::Played& run, const Judged& judged) {
    return {{"zone", run.trace.zone},
            {"sequence", sequence.name},
            {"result", run.trace.result},
            {"waiting", run.waiting},
            {"clean", judged.clean()},
            {"elapsed", to_seconds(run.elapsed)},
            {"violations", findings_json(judged)}};
}

void render(Page& page, const sim::Sequence& sequence, const sim::Played& run, const Judged& judged) {
    page.line(fmt::format("{} {}", run.trace.zone, sequence.name), Colour::bold);
    page.entry("source", sequence.source);
    page.entry("result", run.trace.result, run.ended ? Colour::green : Colour::yellow);
    page.entry("time", human(run.elapsed));
    if (!run.ended) page.entry("because", run.waiting + ": it never comes to that");
    render_findings(page, judged);
    render_timeline(page, run.trace, judged);
}

} // namespace

int play_sequence(const Cli& cli, const PlayOptions& o) {
    const auto refused = [&](const Error& e, const char* what) { return show_refusal({e, what, nullptr}, cli.json()); };
    const auto sequence = sequence_of(o.sequence);
    if (!sequence) return refused(sequence.error(), "sequence");
    const auto scenario = scenario_of(o, *sequence);
    if (!scenario) return refused(scenario.error(), "scenario");
    const auto run = sim::play(*sequence, *scenario);
    if (!run) return refused(run.error(), "scenario");
    auto rules = sim::rules_of(*scenario);
    rules.may_become_insecure |= o.judge.may_become_insecure;
    const auto judged = judge(run->trace, rules, o.judge.samples);
    if (!o.trace.empty())
        if (auto written = write_file(o.trace, compose(run->trace)); !written) return refused(written.error(), "trace");
    if (auto written = write_svg(o.judge.svg, run->trace, judged); !written) return refused(written.error(), "svg");
    if (cli.json()) {
        std::fputs(pretty(as_json(*sequence, *run, judged)).c_str(), stdout);
    } else {
        Page page(wants_colour(1));
        render(page, *sequence, *run, judged);
        std::fputs(page.text().c_str(), stdout);
    }
    return code_of(*run, judged);
}

int write_counterexamples(const Cli& cli, const std::string& list) {
    const auto folder = std::filesystem::path(list).parent_path();
    const auto text = read_file(list);
    if (!text) return show_refusal({text.error(), "counterexamples", nullptr}, cli.json());
    const auto all = sim::play_all(*text, [&](const std::string& path) { return read_file((folder / path).string()); });
    if (!all) return show_refusal({all.error(), "counterexamples", nullptr}, cli.json());
    std::fputs(sim::page(*all).c_str(), stdout);
    return kOk;
}

} // namespace tutti::app
