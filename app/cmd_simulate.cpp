// tutti simulate
#include "app/check.hpp"
#include "app/judged.hpp"
#include "app/live_scenario.hpp"
#include "app/play.hpp"
#include "sim/campaign.hpp"

#include <fmt/format.h>

#include <map>

namespace tutti::app {

namespace {

struct Options {
    std::string scenario, sequence, counterexamples, trace, write, weather = "any";
    std::optional<std::uint64_t> seed, random;
    JudgeOptions judge;
    CheckOptions live; // its zone: simulate what is served there now
    LiveWish wish;
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
    if (!o.live.zone.empty()) {
        const auto view = look_once(o.live);
        if (!view) return std::unexpected(view.error());
        auto wish = o.wish;
        wish.signers = split_list(wish.signers);
        return live_scenario(*view, wish);
    }
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

void add_live_options(CLI::App& c, Options& o, CLI::Option* zone) {
    c.add_option("--signers", o.wish.signers,
                 "With --zone: the signers wanted; those that serve the zone now are called as --server says, or after "
                 "their name servers; any other name is a new one")
        ->needs(zone);
    add_check_options(c, o.live);
    const std::map<std::string, sim::ParentSpec::Mode> modes{{"direct", sim::ParentSpec::Mode::direct},
                                                             {"cds", sim::ParentSpec::Mode::cds}};
    c.add_option(
         "--parent-mode", o.wish.parent_mode,
         "With --zone: direct (the controller writes to the parent) or cds (the parent reads CDS and CSYNC, once "
         "a day)")
        ->transform(CLI::CheckedTransformer(modes))
        ->needs(zone);
    c.add_option("--poll-interval", o.wish.poll_s, "With --parent-mode cds: how often the parent reads, in seconds")
        ->check(CLI::Range(1U, 604'800U))
        ->capture_default_str()
        ->needs(zone);
    c.add_option("--data-ttl", o.wish.data_ttl,
                 "With --zone: the largest TTL in the zone, in seconds; default: the largest that was seen")
        ->check(CLI::Range(1U, 2'147'483'647U))
        ->needs(zone);
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
    auto* live = which
                     ->add_option("--zone", o->live.zone,
                                  "What would happen to this zone: TTLs, keys and servers are read from DNS")
                     ->excludes(scenario, sequence);
    which->require_option(1, 2);
    add_live_options(*c, *o, live);
    add_weather_option(*c, o->weather);
    c->add_option("--write-scenario", o->write, "Write the scenario to this file");
    c->add_option("--seed", o->seed, "Another seed than the scenario's own");
    c->add_option("--trace", o->trace, "Write what was served to this file (tutti-trace/1)");
    add_judge_options(*c, o->judge);
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return simulate(cli, *o); }; });
}

} // namespace tutti::app
