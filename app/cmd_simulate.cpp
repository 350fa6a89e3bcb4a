// tutti simulate
#include "app/judged.hpp"
#include "app/play.hpp"
#include "sim/campaign.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

struct Options {
    std::string scenario, sequence, counterexamples, trace, write, weather = "any";
    std::optional<std::uint64_t> seed, random;
    JudgeOptions judge;
};

using End = sim::Outcome::End;

int code_of(const sim::Outcome& run, const Judged& judged) {
    if (!judged.clean()) return kFailed;
    return run.end == End::done ? kOk : kWaiting;
}

Json notes_json(const std::vector<sim::TraceNote>& notes) {
    boost::json::array out;
    for (const auto& n : notes)
        out.push_back({{"from", to_seconds(n.from)},
                       {"until", n.until == kNever ? Json(nullptr) : Json(to_seconds(n.until))},
                       {"text", n.text}});
    return out;
}

Json as_json(const sim::Outcome& run, const Judged& judged) {
    boost::json::array because;
    for (const auto& r : run.last.because)
        because.push_back({{"blocks", r.blocks}, {"text", r.text}, {"remedy", r.remedy}});
    return {{"zone", run.trace.zone},
            {"result", to_string(run.end)},
            {"clean", judged.clean()},
            {"elapsed", run.elapsed_s},
            {"minimum", run.minimum_s},
            {"passes", run.passes},
            {"crashes", run.crashes},
            {"actions", run.trace.actions.size()},
            {"violations", findings_json(judged)},
            {"events", notes_json(run.trace.events)},
            {"waits", notes_json(run.trace.waits)},
            {"alarms", notes_json(run.trace.alarms)},
            {"because", std::move(because)}};
}

void render(Page& page, const sim::Outcome& run, const Judged& judged) {
    page.line(run.trace.zone, Colour::bold);
    page.entry("result", std::string(to_string(run.end)), run.end == End::done ? Colour::green : Colour::yellow);
    if (run.minimum_s > 0)
        page.entry("time", fmt::format("{}, {:.2f} x the minimum of {}", human_s(run.elapsed_s),
                                       run.elapsed_s / run.minimum_s, human_s(run.minimum_s)));
    page.entry("work", fmt::format("{} looks at all servers, {} changes, {} crashes", run.passes,
                                   run.trace.actions.size(), run.crashes));
    render_findings(page, judged);
    for (const auto& a : run.trace.alarms)
        page.entry("alarm", fmt::format("{} s: {}", sim::seconds_text(a.from), a.text), Colour::yellow);
    if (run.end != End::done)
        for (const auto& r : run.last.because)
            page.entry("because", (r.blocks.empty() ? "" : r.blocks + ": ") + r.text +
                                      (r.remedy.empty() ? "" : ". Remedy: " + r.remedy));
    render_timeline(page, run.trace, judged);
}

Expected<sim::Scenario> scenario_of(const Options& o) {
    if (o.random) return sim::random_scenario(*o.random, sim::weather_of(o.weather));
    const auto text = read_file(o.scenario);
    if (!text) return std::unexpected(text.error());
    return sim::parse_scenario(*text);
}

int simulate(const Cli& cli, const Options& o) {
    if (!o.counterexamples.empty()) return write_counterexamples(cli, o.counterexamples);
    if (!o.sequence.empty()) return play_sequence(cli, {o.sequence, o.scenario, o.seed, o.trace, o.judge});
    const auto refused = [&](const Error& e) { return show_refusal({e, "scenario", nullptr}, cli.json()); };
    auto scenario = scenario_of(o);
    if (!scenario) return refused(scenario.error());
    if (o.seed) scenario->seed = *o.seed;
    if (!o.write.empty())
        if (auto written = write_file(o.write, compose(*scenario)); !written) return refused(written.error());
    const auto run = sim::run(*scenario);
    auto rules = sim::rules_of(*scenario);
    rules.may_become_insecure |= o.judge.may_become_insecure;
    const auto judged = judge(run.trace, rules, o.judge.samples);
    if (!o.trace.empty())
        if (auto written = write_file(o.trace, compose(run.trace)); !written) return refused(written.error());
    if (auto written = write_svg(o.judge.svg, run.trace, judged); !written) return refused(written.error());
    if (cli.json()) {
        std::fputs(pretty(as_json(run, judged)).c_str(), stdout);
    } else {
        Page page(wants_colour(1));
        render(page, run, judged);
        std::fputs(page.text().c_str(), stdout);
    }
    return code_of(run, judged);
}

} // namespace

void add_simulate(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand("simulate", "One scenario in virtual time: the real planner, simulated servers");
    auto* which = c->add_option_group("which");
    auto* scenario = which->add_option("--scenario", o->scenario, "The scenario (tutti-scenario/1)");
    auto* sequence = which->add_option("--sequence", o->sequence,
                                       "Fixed steps (tutti-sequence/1) instead of the planner; --scenario is then "
                                       "another scenario than the sequence's own");
    which->add_option("--random", o->random, "The scenario that `tutti prove` makes of this seed")
        ->excludes(scenario, sequence);
    which
        ->add_option("--counterexamples", o->counterexamples,
                     "Play all sequences of this list (tutti-counterexamples/1) and write a page about them")
        ->excludes(scenario, sequence);
    which->require_option(1, 2);
    add_weather_option(*c, o->weather);
    c->add_option("--write-scenario", o->write, "Write the scenario to this file");
    c->add_option("--seed", o->seed, "Another seed than the scenario's own");
    c->add_option("--trace", o->trace, "Write what was served to this file (tutti-trace/1)");
    add_judge_options(*c, o->judge);
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return simulate(cli, *o); }; });
}

} // namespace tutti::app
