// tutti prove
#include "app/crowd.hpp"
#include "app/exhaustive.hpp"
#include "app/judged.hpp"
#include "sim/campaign.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>

namespace tutti::app {

namespace {

struct Options {
    int runs = 0, jobs = 0, samples = 20, shrunk = 5;
    std::uint64_t seed = 1;
    std::string keep, weather = "any";
    bool exhaustive = false, fail_fast = false;
    sim::RunOptions run{};
    ExhaustiveOptions small{};
};

// A failing seed, and the small scenario that fails in the same way.
struct Example {
    const sim::Trial* trial;
    std::string scenario;
};

// The first of each kind, then others, as many as were asked for.
std::vector<Example> examples(const sim::Tally& tally, const Options& o) {
    std::vector<const sim::Trial*> order;
    std::set<std::string> kinds;
    for (const auto& t : tally.failed)
        if (kinds.insert(t.verdict.kind()).second) order.push_back(&t);
    for (const auto& t : tally.failed)
        if (std::ranges::find(order, &t) == order.end()) order.push_back(&t);
    if (order.size() > static_cast<std::size_t>(o.shrunk)) order.resize(static_cast<std::size_t>(o.shrunk));
    std::vector<Example> out;
    for (const auto* t : order)
        out.push_back(
            {t, compose(sim::smallest(sim::random_scenario(t->seed, sim::weather_of(o.weather)), o.samples))});
    return out;
}

bool keep(const std::vector<Example>& all, const std::string& folder) {
    std::filesystem::create_directories(folder);
    return std::ranges::all_of(all, [&](const Example& e) {
        std::ofstream file(std::filesystem::path(folder) / fmt::format("{}.json", e.trial->seed));
        file << e.scenario;
        return static_cast<bool>(file.flush());
    });
}

Json ratio_json(const std::vector<double>& values) {
    return {{"runs", values.size()},
            {"least", sim::quantile(values, 0)},
            {"median", sim::quantile(values, 0.5)},
            {"p90", sim::quantile(values, 0.9)},
            {"p99", sim::quantile(values, 0.99)},
            {"max", sim::quantile(values, 1)}};
}

std::string ratio_text(const std::vector<double>& values) {
    return fmt::format("median {:.3f}, p90 {:.3f}, p99 {:.3f}, max {:.3f}", sim::quantile(values, 0.5),
                       sim::quantile(values, 0.9), sim::quantile(values, 0.99), sim::quantile(values, 1));
}

Json as_json(const sim::Tally& t, const std::vector<Example>& shrunk, double seconds) {
    boost::json::array failed;
    for (const auto& f : t.failed) {
        boost::json::object one{{"seed", f.seed}, {"kind", f.verdict.kind()}, {"text", f.verdict.text()}};
        for (const auto& e : shrunk)
            if (e.trial == &f) one["scenario"] = boost::json::parse(e.scenario);
        failed.emplace_back(std::move(one));
    }
    boost::json::object ends;
    for (const auto& [end, n] : t.ends) ends[to_string(end)] = n;
    return {{"runs", t.runs},
            {"violations", {{"exact", t.exact}, {"sampled", t.sampled}, {"sampled_only", t.unexplained}}},
            {"not_ended", t.stuck},
            {"flapping", t.flapping},
            {"passes", t.passes},
            {"ends", std::move(ends)},
            {"ratio", ratio_json(t.ratios)},
            {"own_ratio", ratio_json(t.own_ratios)},
            {"slowest_seed", t.slowest.second},
            {"seconds", seconds},
            {"runs_per_second", t.runs / seconds},
            {"failed", std::move(failed)}};
}

void render(Page& page, const sim::Tally& t, const std::vector<Example>& shrunk, double seconds) {
    const auto count = [&](std::string_view label, int n, std::string_view what) {
        page.entry(label, fmt::format("{} {}", n, what), n == 0 ? Colour::green : Colour::red);
    };
    std::string ends;
    for (const auto& [end, n] : t.ends) ends += fmt::format("{}{} {}", ends.empty() ? "" : ", ", n, to_string(end));
    page.entry("runs", fmt::format("{} in {} ({:.0f} a second): {}", t.runs, human_s(seconds), t.runs / seconds, ends));
    count("exact", t.exact, "unsafe by the exact half of the checker");
    count("sampled", t.sampled,
          fmt::format("unsafe by the sampled half, {} of them not by the exact half", t.unexplained));
    count("stuck", t.stuck, "did not end, and nothing explains it");
    count("flapping", t.flapping, "with an action undone and done again");
    page.entry("speed", fmt::format("over {} runs without faults, elapsed / least time that caches, servers and parent "
                                    "need: {} (seed {}); / least time that caches alone need: {}",
                                    t.ratios.size(), ratio_text(t.own_ratios), t.slowest.second, ratio_text(t.ratios)));
    for (const auto& e : shrunk) {
        page.line();
        page.line(fmt::format("seed {}: {}", e.trial->seed, e.trial->verdict.kind()), Colour::red);
        page.line(e.trial->verdict.text());
        page.line("the smallest scenario that fails in the same way:");
        page.line(e.scenario);
    }
}

int prove(const Cli& cli, const Options& o) {
    if (o.exhaustive) return prove_exhaustive(cli, {o.jobs, o.small.longest_ttl, o.small.crash_in_rollover});
    std::vector<sim::Tally> tallies(static_cast<std::size_t>(workers(o.jobs)));
    std::atomic<bool> enough{false};
    const auto spent = crowd(o.runs, workers(o.jobs), [&](int worker, int i) {
        if (enough) return;
        auto trial =
            sim::try_seed(o.seed + static_cast<std::uint64_t>(i), sim::weather_of(o.weather), o.samples, o.run);
        if (o.fail_fast && !trial.verdict.fine()) enough = true;
        tallies[static_cast<std::size_t>(worker)].add(std::move(trial));
    });
    sim::Tally all;
    for (auto& t : tallies) all.add(std::move(t));
    const auto shrunk = examples(all, o);
    if (cli.json()) {
        std::fputs(pretty(as_json(all, shrunk, to_seconds(spent))).c_str(), stdout);
    } else {
        Page page(wants_colour(STDOUT_FILENO));
        render(page, all, shrunk, to_seconds(spent));
        std::fputs(page.text().c_str(), stdout);
    }
    if (!o.keep.empty() && !keep(shrunk, o.keep))
        return show_refusal({{ErrorKind::internal, "cannot write there", o.keep, "check the folder"}, "keep", nullptr},
                            cli.json());
    return all.fine() ? kOk : kFailed;
}

} // namespace

void add_prove(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand("prove", "Random scenarios in virtual time, judged by an independent checker");
    auto* which = c->add_option_group("which");
    which->add_option("runs", o->runs, "How many")->check(CLI::Range(1, 1'000'000'000));
    auto* small = which->add_flag("--exhaustive", o->exhaustive,
                                  "Instead: two signers and TTLs of a few seconds, every order of events");
    which->require_option(1);
    c->add_option("--longest-ttl", o->small.longest_ttl, "--exhaustive: TTLs of 1 to so many seconds")
        ->needs(small)
        ->check(CLI::Range(1, 9))
        ->capture_default_str();
    c->add_flag("--crash-in-rollover", o->small.crash_in_rollover,
                "--exhaustive: every crash in every rollover, too; takes hours")
        ->needs(small);
    c->add_option("--seed", o->seed, "The first seed; each run has the next one")->capture_default_str();
    add_weather_option(*c, o->weather);
    c->add_option("--jobs", o->jobs, "How many at once; 0: one for each core")->check(CLI::Range(0, 1024));
    c->add_option("--samples", o->samples, "Simulated validators in each run; 0: the exact half of the checker alone")
        ->check(CLI::Range(0, 100'000))
        ->capture_default_str();
    c->add_option("--shrink", o->shrunk, "At most so many failures are shrunk and shown")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    c->add_flag("--fail-fast", o->fail_fast, "Begin no more runs after the first failure");
    c->add_option("--most-passes", o->run.most_passes, "A run that takes more passes goes round and round: it failed")
        ->check(CLI::Range(1, 1'000'000'000))
        ->capture_default_str();
    c->add_option("--keep", o->keep, "Write the shrunk scenarios into this folder");
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return prove(cli, *o); }; });
}

} // namespace tutti::app
