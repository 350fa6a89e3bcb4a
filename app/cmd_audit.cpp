// tutti audit list|verify
#include "app/cli.hpp"
#include "app/config.hpp"
#include "app/show.hpp"
#include "store/sqlite_store.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

void render_lines(Page& page, const Json& a) {
    for (const auto& one : array_at(a, "lines")) {
        const auto& line = at(one, "line");
        const auto what = text_at(line, "what");
        std::string text = what;
        if (what == "asked")
            text +=
                fmt::format(" by {}: {} {}", text_at(line, "who"), text_at(line, "method"), text_at(line, "target"));
        if (what == "answered")
            text +=
                fmt::format(" {}: {} {}", number_at(line, "asked"), number_at(line, "status"), text_at(line, "code"));
        if (what == "refused")
            text += fmt::format(" from {}: {} {} ({})", text_at(line, "from"), text_at(line, "method"),
                                text_at(line, "target"), text_at(line, "code"));
        page.entry(fmt::format("{}", number_at(one, "id")), text_at(line, "at") + " " + text,
                   what == "refused" ? Colour::red : Colour::plain);
    }
}

struct Options {
    std::string config = "/etc/tutti/tutti.toml", database, head;
};

int refuse(const Error& error, const Cli& cli) {
    return show_refusal({error, to_string(error.kind), nullptr}, cli.json());
}

int verify(const Options& o, const Cli& cli) {
    std::string path = o.database;
    if (path.empty()) {
        const auto config = load_config(o.config);
        if (!config) return refuse(config.error(), cli);
        path = config->daemon.database;
    }
    const auto found = store::check_audit(path);
    if (!found) return refuse(found.error(), cli);
    if (!found->broken.empty())
        return refuse({ErrorKind::bad_answer, found->broken, path,
                       fmt::format("the {} lines before fit; compare with a backup", found->lines)},
                      cli);
    if (!o.head.empty() && o.head != fmt::format("{}:{}", found->lines, found->head))
        return refuse({ErrorKind::bad_answer,
                       fmt::format("the last line is {}:{}, not {}", found->lines, found->head, o.head), path,
                       "later lines are normal; fewer lines, or another hash, mean that the log was replaced"},
                      cli);
    return show(Json{{"lines", found->lines}, {"head", found->head}}, cli, [](Page& page, const Json& a) {
        page.line(fmt::format("{} lines, all in order", number_at(a, "lines")), Colour::green);
        page.line(fmt::format("head {}:{}", number_at(a, "lines"), text_at(a, "head")));
    });
}

} // namespace

void add_audit(CLI::App& root, Cli& cli) {
    auto* audit = root.add_subcommand("audit", "Who asked the daemon for what");
    audit->require_subcommand(1);
    auto after = std::make_shared<std::int64_t>(0), limit = std::make_shared<std::int64_t>(1000);
    auto* list = audit->add_subcommand("list", "The log of requests that change something");
    list->add_option("--after", *after, "Only lines after this one")->check(CLI::NonNegativeNumber);
    list->add_option("--limit", *limit, "At most so many")->check(CLI::Range(1, 10'000))->capture_default_str();
    add_common(*list, cli);
    list->callback([=, &cli] {
        cli.run = [=, &cli] {
            const auto path = fmt::format("/v1/audit?after={}&limit={}", *after, *limit);
            return show(cli.client().get(path), cli, render_lines);
        };
    });
    auto o = std::make_shared<Options>();
    auto* check = audit->add_subcommand("verify", "Is the log as it was written? Reads the database");
    check->add_option("--config", o->config, "The configuration file")->capture_default_str();
    check->add_option("--database", o->database, "The database (default: the configuration's)");
    check->add_option("--head", o->head, "NUMBER:HASH that the last line must have, from an earlier run");
    add_common(*check, cli, false);
    check->callback([o, &cli] { cli.run = [o, &cli] { return verify(*o, cli); }; });
}

} // namespace tutti::app
