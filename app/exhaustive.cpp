#include "app/exhaustive.hpp"

#include "app/crowd.hpp"
#include "app/show.hpp"
#include "sim/exhaustive.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace tutti::app {

namespace {

Json as_json(const sim::Explored& e, int parts, double seconds) {
    boost::json::array bad;
    for (const auto& b : e.examples)
        bad.push_back({{"kind", b.verdict.kind()},
                       {"text", b.verdict.text()},
                       {"scenario", boost::json::parse(compose(b.scenario))}});
    return {{"parts", parts},
            {"runs", e.runs},
            {"rollovers", e.rollovers},
            {"crashes", e.crashes},
            {"passes", e.passes},
            {"states", e.states.size()},
            {"histories", e.histories.size()},
            {"violations", e.unsafe},
            {"not_ended", e.stuck},
            {"flapping", e.flapping},
            {"seconds", seconds},
            {"failed", std::move(bad)}};
}

void render(Page& page, const sim::Explored& e, int parts, double seconds) {
    const auto count = [&](std::string_view label, std::int64_t n, std::string_view what) {
        page.entry(label, fmt::format("{} {}", n, what), n == 0 ? Colour::green : Colour::red);
    };
    page.entry("explored", fmt::format("to the end: {} choices of change, TTLs, parent and lag; {} runs ({} with a "
                                       "rollover, {} with a crash) in {}",
                                       parts, e.runs, e.rollovers, e.crashes, human_s(seconds)));
    page.entry("states", fmt::format("{} different states of all servers, {} different histories, {} decisions",
                                     e.states.size(), e.histories.size(), e.passes));
    count("unsafe", e.unsafe, "by the exact half of the checker");
    count("stuck", e.stuck, "did not end, and nothing explains it");
    count("flapping", e.flapping, "with an action undone and done again");
    for (const auto& b : e.examples) {
        page.line();
        page.line(b.verdict.text());
        page.line(compose(b.scenario));
    }
}

} // namespace

int prove_exhaustive(const Cli& cli, const ExhaustiveOptions& o) {
    const sim::SmallWorld world{.longest_ttl = o.longest_ttl};
    std::vector<sim::Explored> found(static_cast<std::size_t>(workers(o.jobs)));
    const auto spent = crowd(parts(world), workers(o.jobs), [&](int worker, int i) {
        found[static_cast<std::size_t>(worker)].add(explore(world, i, o.crash_in_rollover));
    });
    sim::Explored all;
    for (auto& f : found) all.add(std::move(f));
    if (cli.json()) {
        std::fputs(pretty(as_json(all, parts(world), to_seconds(spent))).c_str(), stdout);
    } else {
        Page page(wants_colour(STDOUT_FILENO));
        render(page, all, parts(world), to_seconds(spent));
        std::fputs(page.text().c_str(), stdout);
    }
    return all.fine() ? kOk : kFailed;
}

} // namespace tutti::app
