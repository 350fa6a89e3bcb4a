// tutti backup, restore: copies of the daemon's database. They read the configuration file, not the socket.
#include "app/config.hpp"
#include "app/show.hpp"
#include "app/system_clock.hpp"
#include "store/backup.hpp"

namespace tutti::app {

namespace {

struct Options {
    std::string config = "/etc/tutti/tutti.toml", file;
    bool force = false;
};

int finish(const Expected<store::Copy>& copy, const char* what, const Cli& cli) {
    if (!copy) return show_refusal({copy.error(), to_string(copy.error().kind), nullptr}, cli.json());
    const Json answer =
        boost::json::object{{"file", copy->file}, {"zones", copy->zones}, {"octets", copy->octets}, {"done", what}};
    return show(answer, cli, [](Page& page, const Json& a) {
        page.line(text_at(a, "done") + ": " + text_at(a, "file") + ", " +
                  std::to_string(static_cast<std::int64_t>(number_at(a, "zones"))) + " zones");
    });
}

int back_up(const Options& o, const Cli& cli) {
    const auto config = load_config(o.config);
    if (!config) return show_refusal({config.error(), to_string(config.error().kind), nullptr}, cli.json());
    return finish(store::back_up(config->daemon.database, o.file, o.force), "backed up and checked", cli);
}

int restore(const Options& o, const Cli& cli) {
    const auto config = load_config(o.config);
    if (!config) return show_refusal({config.error(), to_string(config.error().kind), nullptr}, cli.json());
    SystemClock clock;
    return finish(store::restore(o.file, config->daemon.database, o.force, clock.now()),
                  "restored, every zone paused until `tutti resume ZONE`", cli);
}

void add_one(CLI::App& root, Cli& cli, const char* name, const char* help, const char* file, const char* force,
             int (*run)(const Options&, const Cli&)) {
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand(name, help);
    c->add_option("file", o->file, file)->required();
    c->add_option("--config", o->config, "The daemon's configuration file: it says where the database is")
        ->capture_default_str();
    c->add_flag("--force", o->force, force);
    add_common(*c, cli, false);
    c->callback([=, &cli] { cli.run = [=, &cli] { return run(*o, cli); }; });
}

} // namespace

void add_backup(CLI::App& root, Cli& cli) {
    add_one(root, cli, "backup", "Copy the database of the daemon, also while it runs, and check the copy",
            "The file to write", "Replace the file if it is there", back_up);
    add_one(root, cli, "restore", "Put a backup in the place of the database; the daemon must not run", "The backup",
            "Put aside a database that is there", restore);
}

} // namespace tutti::app
