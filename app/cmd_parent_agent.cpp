// tutti parent serve|log|dsync, and what is kept of one child (tutti parent show CHILD)
#include "app/cmd_parent_agent.hpp"
#include "agent/agent_store.hpp"
#include "agent/dsync.hpp"
#include "app/parent_daemon.hpp"
#include "app/render_agent.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tutti::app {

namespace {

struct Options {
    std::string config = "/etc/tutti/tutti.toml";
    bool check_only = false, once = false, dry_run = false, generic = false, evidence = false;
    std::int64_t after = 0;
    std::size_t count = 50;
};

int refuse(const Error& error, const Cli& cli) {
    return show_refusal({error, to_string(error.kind), nullptr}, cli.json());
}

Expected<Config> load_agent(const std::string& file) {
    auto config = load_config(file);
    if (config && !config->agent)
        return fail(ErrorKind::not_found, "there is no section [parent-agent]", file, "doc/parent-serve.md shows one");
    return config;
}

void set_up_log(const std::string& level) {
    auto log = spdlog::stderr_logger_mt("tutti");
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(log);
    spdlog::set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::info);
}

int serve(const Options& o, const Cli& cli) {
    auto config = load_agent(o.config);
    if (!config) return refuse(config.error(), cli);
    if (o.check_only) return kOk;
    config->agent->once = o.once;
    config->agent->dry_run = o.dry_run;
    set_up_log(config->agent->log);
    spdlog::info("tutti {}: the agent of {}", kVersion, config->agent->zone.text());
    const auto done = serve_parent(*config);
    return done ? kOk : refuse(done.error(), cli);
}

int log(const Options& o, const Cli& cli) {
    const auto config = load_agent(o.config);
    if (!config) return refuse(config.error(), cli);
    const auto store = agent::AgentStore::look_into(config->agent->database);
    if (!store) return refuse(store.error(), cli);
    const auto entries = (*store)->entries({}, o.after, o.count);
    if (!entries) return refuse(entries.error(), cli);
    boost::json::array list;
    for (const auto& e : *entries) list.push_back(to_json(e, o.evidence));
    return show(Json{{"entries", std::move(list)}}, cli, render_agent_log);
}

int dsync(const Options& o, const Cli& cli) {
    const auto config = load_agent(o.config);
    if (!config) return refuse(config.error(), cli);
    const auto& notify = config->agent->notify;
    if (!notify.target || notify.listen.empty())
        return refuse({ErrorKind::invalid, "nobody listens for NOTIFY, so there is nothing to publish", o.config,
                       "set listen = [\"ADDRESS\"] and target = \"NAME\" in [parent-agent.notify]"},
                      cli);
    const auto records =
        agent::dsync_records(config->agent->zone, *notify.target, notify.listen.front().port, notify.ttl);
    if (!records) return refuse(records.error(), cli);
    for (const auto& r : *records) fmt::print("{}\n", o.generic ? dns::to_text(r) : agent::dsync_text(r));
    return kOk;
}

void add_config(CLI::App& c, const std::shared_ptr<Options>& o) {
    c.add_option("--config", o->config, "The configuration file")->capture_default_str();
}

// What the agent remembers of a child, from its data base.
int show_child(const std::string& config_file, const dns::Name& child, const Cli& cli) {
    const auto config = load_agent(config_file);
    if (!config) return refuse(config.error(), cli);
    const auto store = agent::AgentStore::look_into(config->agent->database);
    if (!store) return refuse(store.error(), cli);
    const auto memory = (*store)->load(child);
    if (!memory) return refuse(memory.error(), cli);
    const auto open = (*store)->open_submissions(child);
    if (!open) return refuse(open.error(), cli);
    const auto entries = (*store)->entries(child, 0, 20);
    if (!entries) return refuse(entries.error(), cli);
    if (memory->empty() && open->empty() && entries->empty())
        return refuse({ErrorKind::not_found, "nothing is remembered of it: it never asked for a change", child.text(),
                       "`tutti scan " + child.text() + "` looks at it now"},
                      cli);
    return show(child_json(child, *memory, *open, *entries), cli, render_agent_child);
}

} // namespace

void add_parent_agent(CLI::App& parent, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c =
        parent.add_subcommand("serve", "The parent's agent: reads CDS and CSYNC of all children, changes the registry");
    add_config(*c, o);
    c->add_flag("--check-config", o->check_only, "Only say what is wrong with the configuration file");
    c->add_flag("--once", o->once, "Every child once, then end");
    c->add_flag("--dry-run", o->dry_run, "Never change the registry: say what would be sent");
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return serve(*o, cli); }; });

    auto* l = parent.add_subcommand("log", "What the parent's agent decided and did");
    add_config(*l, o);
    l->add_option("-n,--count", o->count, "So many of the newest entries")->capture_default_str();
    l->add_option("--after", o->after, "Only entries with a higher number");
    l->add_flag("--evidence", o->evidence, "With -o json: verdict, registry and evidence of each decision");
    add_common(*l, cli, false);
    l->callback([o, &cli] { cli.run = [o, &cli] { return log(*o, cli); }; });

    // Children have a dot in their names, parents (as settings of the controller) do not.
    auto* s = parent.get_subcommand("show");
    s->description("The settings of a parent; or, of a child (a name with a dot), what the parent's agent knows");
    add_config(*s, o);
    s->callback([o, s, &cli] {
        const auto name = s->get_option("name")->as<std::string>();
        cli.run = [o, name, &cli] {
            if (!name.contains('.'))
                return show(cli.client().get("/v1/parents/" + escaped(name)), cli, render_settings);
            const auto child = dns::Name::parse(name);
            return child ? show_child(o->config, *child, cli) : refuse(child.error(), cli);
        };
    });

    auto* d =
        parent.add_subcommand("dsync", "The DSYNC records to publish, so that children know where to send NOTIFY");
    add_config(*d, o);
    d->add_flag("--generic", o->generic, "In the form of RFC 3597, for servers that do not know the type");
    add_common(*d, cli, false);
    d->callback([o, &cli] { cli.run = [o, &cli] { return dsync(*o, cli); }; });
}

} // namespace tutti::app
