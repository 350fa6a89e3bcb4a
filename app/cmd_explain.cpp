// tutti explain, tutti history
#include "app/show.hpp"

namespace tutti::app {

namespace {

// The state as an exit code, for scripts that ask for it.
int code_of(const Json& a) {
    const auto state = text_at(a, "state");
    if (state == "done") return kOk;
    return state == "act" ? kPending : kWaiting;
}

} // namespace

void add_explain(CLI::App& root, Cli& cli) {
    auto zone = std::make_shared<std::string>();
    auto detailed = std::make_shared<bool>(false);
    auto* c = root.add_subcommand("explain", "Why a zone waits, until when, on which evidence, who must act");
    c->add_option("zone", *zone, "The zone")->required();
    c->add_flag("--detailed-exitcode", *detailed,
                "Exit with 0 when done, 2 when there is something to do, 3 when waiting");
    add_common(*c, cli);
    c->callback([=, &cli] {
        cli.run = [=, &cli] {
            auto answer = cli.client().get("/v1/zones/" + escaped(*zone) + "/explain");
            const int code = show(answer, cli, render_explain);
            return code == kOk && *detailed ? code_of(*answer) : code;
        };
    });
}

void add_history(CLI::App& root, Cli& cli) {
    struct Options {
        std::string zone;
        std::int64_t after = 0, limit = 1000;
    };
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand("history", "What happened to a zone");
    c->add_option("zone", o->zone, "The zone")->required();
    c->add_option("--after", o->after, "Only events after this id")->check(CLI::NonNegativeNumber);
    c->add_option("--limit", o->limit, "At most so many")->check(CLI::Range(1, 100'000))->capture_default_str();
    add_common(*c, cli);
    c->callback([o, &cli] {
        cli.run = [o, &cli] {
            const auto path = "/v1/zones/" + escaped(o->zone) + "/history?after=" + std::to_string(o->after) +
                              "&limit=" + std::to_string(o->limit);
            return show(cli.client().get(path), cli, render_events);
        };
    });
}

} // namespace tutti::app
