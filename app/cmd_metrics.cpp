// tutti metrics: what Prometheus reads, for those who collect it from files.
#include "app/show.hpp"

#include <cstdio>

namespace tutti::app {

void add_metrics(CLI::App& root, Cli& cli) {
    auto* c = root.add_subcommand("metrics", "The daemon's metrics, in the text format of Prometheus");
    add_common(*c, cli);
    c->callback([&cli] {
        cli.run = [&cli]() -> int {
            const auto answer = cli.client().get("/metrics");
            if (!answer) return show_refusal(answer.error(), cli.json());
            if (answer->is_string()) std::fputs(answer->get_string().c_str(), stdout);
            return kOk;
        };
    });
}

} // namespace tutti::app
