// tutti check: what is unsafe or inconsistent in a zone, read from DNS alone.
#include "app/check.hpp"

namespace tutti::app {

void add_check_options(CLI::App& command, CheckOptions& o) {
    command.add_option("--resolver", o.resolver,
                       "Resolver to find the servers with (ADDR or ADDR:PORT); default: the system's");
    command.add_option("--server", o.servers,
                       "ADDR or ADDR=SIGNER: ask this server, too, even if no NS record leads to it");
    command.add_option("--parent-server", o.parent_servers, "ADDR: a server of the parent; default: found by asking");
    command.add_flag("--no-lookup", o.no_lookup, "Ask no resolver: only the servers given");
}

void add_check(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<CheckOptions>();
    auto* c =
        root.add_subcommand("check", "What is unsafe or inconsistent in a zone: needs no daemon and no credentials");
    c->add_option("zone", o->zone, "The zone")->required();
    add_check_options(*c, *o);
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return check(*o, cli); }; });
}

} // namespace tutti::app
