// tutti history
#include "app/history_trace.hpp"
#include "app/show.hpp"

#include <fstream>

namespace tutti::app {

namespace {

struct Options {
    std::string zone, trace;
    std::int64_t after = 0, limit = 1000;
};

int show_history(const Cli& cli, const Options& o) {
    const auto path = "/v1/zones/" + escaped(o.zone) + "/history?after=" + std::to_string(o.after) +
                      "&limit=" + std::to_string(o.limit);
    return show(cli.client().get(path), cli, render_events);
}

// All events, page by page.
std::expected<Json, Refusal> whole_history(const Cli& cli, const std::string& zone) {
    constexpr std::size_t kPage = 10'000;
    boost::json::array all;
    for (std::int64_t after = 0;;) {
        auto page = cli.client().get("/v1/zones/" + escaped(zone) + "/history?limit=" + std::to_string(kPage) +
                                     "&after=" + std::to_string(after));
        if (!page) return page;
        const auto& events = array_at(*page, "events");
        for (const auto& e : events) {
            after = static_cast<std::int64_t>(number_at(e, "id"));
            all.push_back(e);
        }
        if (events.size() < kPage) return Json{{"events", std::move(all)}};
    }
}

int write_trace(const Cli& cli, const Options& o) {
    auto explain = cli.client().get("/v1/zones/" + escaped(o.zone) + "/explain");
    if (!explain) return show_refusal(explain.error(), cli.json());
    auto history = whole_history(cli, o.zone);
    if (!history) return show_refusal(history.error(), cli.json());
    auto trace = trace_of(*history, *explain);
    if (!trace) return show_refusal({trace.error(), "trace", nullptr}, cli.json());
    std::ofstream out(o.trace);
    out << sim::compose(*trace);
    if (out.flush()) return kOk;
    return show_refusal({{ErrorKind::internal, "cannot write the file", o.trace, "check its folder"}, "trace", nullptr},
                        cli.json());
}

} // namespace

void add_history(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand("history", "What happened to a zone");
    c->add_option("zone", o->zone, "The zone")->required();
    c->add_option("--after", o->after, "Only events after this id")->check(CLI::NonNegativeNumber);
    c->add_option("--limit", o->limit, "At most so many")->check(CLI::Range(1, 100'000))->capture_default_str();
    c->add_option("--trace", o->trace, "Write a trace of all that was served to this file (tutti-trace/1)");
    add_common(*c, cli);
    c->callback(
        [o, &cli] { cli.run = [o, &cli] { return o->trace.empty() ? show_history(cli, *o) : write_trace(cli, *o); }; });
}

} // namespace tutti::app
