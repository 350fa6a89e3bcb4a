// tutti parent add|list|show|probe|remove
#include "app/cmd_settings.hpp"

namespace tutti::app {

namespace {

struct AddOptions {
    std::string name, driver = "cds", zone;
    std::vector<std::string> servers;
    std::string update, tsig_name, tsig_algorithm = "hmac-sha256", tsig_secret;
    bool reads_cds = false;
};

boost::json::object body_of(const AddOptions& o) {
    boost::json::object out{{"name", o.name}, {"driver", o.driver}, {"servers", to_array(split_list(o.servers))}};
    if (!o.zone.empty()) out["zone"] = o.zone;
    if (!o.update.empty()) out["update"] = o.update;
    add_tsig(out, o.tsig_name, o.tsig_algorithm, o.tsig_secret);
    if (o.reads_cds) out["reads_cds"] = true;
    return out;
}

void add_add(CLI::App& parent, Cli& cli) {
    auto o = std::make_shared<AddOptions>();
    auto* c = parent.add_subcommand("add", "Add a parent: where the DS and NS records of zones are");
    c->add_option("name", o->name, "What to call it: a-z 0-9 - _")->required();
    c->add_option("--driver", o->driver, "cds (it reads CDS and CSYNC), rfc2136 (we write), manual (a person does)")
        ->capture_default_str();
    c->add_option("--server", o->servers, "Address of a name server (ADDR or ADDR:PORT); name every one")->required();
    c->add_option("--zone", o->zone, "The parent zone (default: each zone's name without its first label)");
    c->add_option("--update", o->update, "rfc2136: the primary (default: the first server)");
    c->add_option("--tsig-name", o->tsig_name, "rfc2136: name of the TSIG key");
    c->add_option("--tsig-algorithm", o->tsig_algorithm, "hmac-sha256, hmac-sha384 or hmac-sha512")
        ->capture_default_str();
    c->add_option("--tsig-secret", o->tsig_secret, "Where the secret is: file:PATH, env:NAME or command:LINE");
    c->add_flag("--reads-cds", o->reads_cds, "It acts on CDS and CSYNC of the zones as well");
    add_common(*c, cli);
    c->callback([o, &cli] {
        cli.run = [o, &cli] { return send_and_show(cli, "POST", "/v1/parents", body_of(*o), render_settings); };
    });
}

} // namespace

void add_parent(CLI::App& root, Cli& cli) {
    auto* parent = root.add_subcommand("parent", "Parents: where the DS and NS records of zones are");
    parent->require_subcommand(1);
    add_add(*parent, cli);
    add_settings_commands(*parent, cli, "parent");
}

} // namespace tutti::app
