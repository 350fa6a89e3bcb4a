// tutti signer add|list|show|probe|remove
#include "app/cmd_settings.hpp"

namespace tutti::app {

namespace {

struct AddOptions {
    std::string name, driver = "rfc2136";
    std::vector<std::string> servers, ns, signal_zones;
    std::string update, tsig_name, tsig_algorithm = "hmac-sha256", tsig_secret, url, api_key, server_id;
    bool transfer = false;
};

boost::json::object body_of(const AddOptions& o) {
    boost::json::object out{{"name", o.name},
                            {"driver", o.driver},
                            {"servers", to_array(split_list(o.servers))},
                            {"ns", to_array(split_list(o.ns))}};
    if (!o.signal_zones.empty()) out["signal_zones"] = to_array(split_list(o.signal_zones));
    if (!o.update.empty()) out["update"] = o.update;
    add_tsig(out, o.tsig_name, o.tsig_algorithm, o.tsig_secret);
    if (o.transfer) out["transfer"] = true;
    if (!o.url.empty()) out["url"] = o.url;
    if (!o.api_key.empty()) out["api_key"] = absolute_secret(o.api_key);
    if (!o.server_id.empty()) out["server_id"] = o.server_id;
    return out;
}

void add_add(CLI::App& signer, Cli& cli) {
    auto o = std::make_shared<AddOptions>();
    auto* c = signer.add_subcommand("add", "Add a signer: a DNS operator that signs and serves zones");
    c->add_option("name", o->name, "What to call it: a-z 0-9 - _")->required();
    c->add_option("--driver", o->driver, "rfc2136 (BIND, Knot) or powerdns")->capture_default_str();
    c->add_option("--server", o->servers, "Address of a name server (ADDR or ADDR:PORT); name every one")->required();
    c->add_option("--ns", o->ns, "NS name that it contributes; name every one")->required();
    c->add_option("--signal-zone", o->signal_zones,
                  "Zone around names of name servers that it serves and lets us write to: for a first DS (RFC 9615)");
    c->add_option("--update", o->update, "rfc2136: the primary (default: the first server)");
    c->add_option("--tsig-name", o->tsig_name, "rfc2136: name of the TSIG key");
    c->add_option("--tsig-algorithm", o->tsig_algorithm, "hmac-sha256, hmac-sha384 or hmac-sha512")
        ->capture_default_str();
    c->add_option("--tsig-secret", o->tsig_secret, "Where the secret is: file:PATH, env:NAME or command:LINE");
    c->add_flag("--transfer", o->transfer, "AXFR is allowed");
    c->add_option("--url", o->url, "powerdns: the API, http://HOST:PORT");
    c->add_option("--api-key", o->api_key, "powerdns: where the key is: file:PATH, env:NAME or command:LINE");
    c->add_option("--server-id", o->server_id, "powerdns: the server's id (default: localhost)");
    add_common(*c, cli);
    c->callback([o, &cli] {
        cli.run = [o, &cli] { return send_and_show(cli, "POST", "/v1/signers", body_of(*o), render_settings); };
    });
}

} // namespace

void add_signer(CLI::App& root, Cli& cli) {
    auto* signer = root.add_subcommand("signer", "Signers: DNS operators that sign and serve zones");
    signer->require_subcommand(1);
    add_add(*signer, cli);
    add_settings_commands(*signer, cli, "signer");
}

} // namespace tutti::app
