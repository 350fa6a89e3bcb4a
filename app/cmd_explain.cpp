// tutti explain
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

} // namespace tutti::app
