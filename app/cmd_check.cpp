// tutti check: what is unsafe or inconsistent in a zone, read from DNS alone.
#include "app/check.hpp"

namespace tutti::app {

void add_check(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<CheckOptions>();
    auto* c =
        root.add_subcommand("check", "What is unsafe or inconsistent in a zone: needs no daemon and no credentials");
    c->add_option("zone", o->zone, "The zone")->required();
    c->add_option("--resolver", o->resolver,
                  "Resolver to find the servers with (ADDR or ADDR:PORT); default: the system's");
    c->add_option("--signer", o->signers,
                  "NAME=ADDR,ADDR,...: which servers belong together; default: found by asking");
    c->add_option("--parent-server", o->parent_servers, "Address of a server of the parent; default: found by asking");
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return check(*o, cli); }; });
}

} // namespace tutti::app
