// tutti watch, tutti wait: follow a zone.
#include "app/show.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace tutti::app {

namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kRefresh = std::chrono::milliseconds(250);

// A terminal gets one picture that changes; anything else gets events, one a line, as they happen.
int watch_picture(const Cli& cli, const std::string& path, bool once_done) {
    for (;;) {
        auto answer = cli.client().get(path + "/explain");
        if (!answer) return show_refusal(answer.error(), false);
        Page page(wants_colour(STDOUT_FILENO));
        render_explain(page, *answer);
        std::fputs(("\x1b[H\x1b[2J" + page.text()).c_str(), stdout);
        std::fflush(stdout);
        if (once_done && text_at(*answer, "state") == "done") return kOk;
        std::this_thread::sleep_for(kRefresh);
    }
}

int watch_events(const Cli& cli, const std::string& path, bool once_done) {
    std::int64_t after = 0;
    for (bool first = true;; first = false) {
        auto state = cli.client().get(path + "/explain");
        if (!state) return show_refusal(state.error(), cli.json());
        auto answer = cli.client().get(path + "/history?limit=10000&after=" + std::to_string(after));
        if (!answer) return show_refusal(answer.error(), cli.json());
        for (const auto& e : array_at(*answer, "events")) {
            after = static_cast<std::int64_t>(number_at(e, "id"));
            if (first) continue; // what happened before is `tutti history`
            if (cli.json())
                std::puts(serialize(e).c_str());
            else
                std::puts(fmt::format("{}  {}  {}", text_at(e, "at"), text_at(e, "kind"), text_at(e, "text")).c_str());
        }
        std::fflush(stdout);
        if (once_done && text_at(*state, "state") == "done") return kOk;
        std::this_thread::sleep_for(kRefresh);
    }
}

struct WaitOptions {
    std::string zone, state = "done", timeout;
    bool or_blocked = false;
};

int wait(const Cli& cli, const WaitOptions& o) {
    Duration limit = Duration::max();
    if (!o.timeout.empty()) {
        auto parsed = parse_duration(o.timeout);
        if (!parsed) {
            show_refusal({parsed.error(), "usage", nullptr}, cli.json());
            return kUsage;
        }
        limit = *parsed;
    }
    const auto started = Steady::now();
    for (;;) {
        auto answer = cli.client().get("/v1/zones/" + escaped(o.zone) + "/explain");
        if (!answer) return show_refusal(answer.error(), cli.json());
        const auto state = text_at(*answer, "state");
        const bool there = state == o.state;
        if (there) return show(answer, cli, render_explain);
        if (o.or_blocked && state == "blocked") {
            show(answer, cli, render_explain);
            return kWaiting;
        }
        if (Steady::now() - started >= limit) {
            show(answer, cli, render_explain);
            return kTimeout;
        }
        std::this_thread::sleep_for(kRefresh);
    }
}

} // namespace

void add_watch(CLI::App& root, Cli& cli) {
    auto zone = std::make_shared<std::string>();
    auto once_done = std::make_shared<bool>(false);
    auto* c = root.add_subcommand("watch", "Follow a zone: a live picture on a terminal, events one a line otherwise");
    c->add_option("zone", *zone, "The zone")->required();
    c->add_flag("--until-done", *once_done, "End when the zone is as wanted");
    add_common(*c, cli);
    c->callback([=, &cli] {
        cli.run = [=, &cli] {
            const auto path = "/v1/zones/" + escaped(*zone);
            const bool picture = !cli.json() && ::isatty(STDOUT_FILENO) != 0;
            return picture ? watch_picture(cli, path, *once_done) : watch_events(cli, path, *once_done);
        };
    });
}

void add_wait(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<WaitOptions>();
    auto* c = root.add_subcommand("wait", "Wait until a zone is in a state");
    c->add_option("zone", o->zone, "The zone")->required();
    c->add_option("--for", o->state, "done, blocked, wait or act")
        ->check(CLI::IsMember({"done", "blocked", "wait", "act"}))
        ->capture_default_str();
    c->add_option("--timeout", o->timeout, "Give up after this time (30s, 10m, 2h) with exit code 124");
    c->add_flag("--or-blocked", o->or_blocked, "End with exit code 3 when it becomes blocked");
    add_common(*c, cli);
    c->callback([o, &cli] { cli.run = [o, &cli] { return wait(cli, *o); }; });
}

} // namespace tutti::app
