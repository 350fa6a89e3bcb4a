// tutti parent add|list|show|probe|remove
#include "app/cmd_parent_agent.hpp"
#include "app/cmd_settings.hpp"

namespace tutti::app {

namespace {

struct AddOptions {
    std::string name, driver = "cds", zone;
    std::vector<std::string> servers;
    std::string update, tsig_name, tsig_algorithm = "hmac-sha256", tsig_secret;
    bool reads_cds = false;
    std::string command, directory;
    std::string epp_server, epp_server_name, epp_client, epp_password, epp_ca, epp_certificate, epp_key, epp_log;
    std::string epp_interface = "ds";
    std::uint32_t epp_sessions = 1, epp_per_minute = 0, epp_max_sig_life = 0;
    bool epp_urgent = false;
};

// What has its default is left out, so that the answer shows what was set.
boost::json::object epp_of(const AddOptions& o) {
    boost::json::object out{
        {"server", o.epp_server}, {"client", o.epp_client}, {"password", absolute_secret(o.epp_password)}};
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) out[key] = value;
    };
    put("server_name", o.epp_server_name);
    put("ca", absolute_path(o.epp_ca));
    put("certificate", absolute_path(o.epp_certificate));
    put("key", absolute_secret(o.epp_key));
    put("frame_log", absolute_path(o.epp_log));
    put("interface", o.epp_interface);
    if (o.epp_sessions != 1) out["sessions"] = o.epp_sessions;
    if (o.epp_per_minute != 0) out["per_minute"] = o.epp_per_minute;
    if (o.epp_max_sig_life != 0) out["max_sig_life"] = o.epp_max_sig_life;
    if (o.epp_urgent) out["urgent"] = true;
    return out;
}

boost::json::object body_of(const AddOptions& o) {
    boost::json::object out{{"name", o.name}, {"driver", o.driver}, {"servers", to_array(split_list(o.servers))}};
    if (!o.zone.empty()) out["zone"] = o.zone;
    if (!o.update.empty()) out["update"] = o.update;
    add_tsig(out, o.tsig_name, o.tsig_algorithm, o.tsig_secret);
    if (o.reads_cds) out["reads_cds"] = true;
    if (!o.epp_server.empty() || !o.epp_client.empty()) out["epp"] = epp_of(o);
    if (!o.command.empty()) out["command"] = o.command;
    if (!o.directory.empty()) out["directory"] = absolute_path(o.directory);
    return out;
}

void add_epp_options(CLI::App& c, AddOptions& o) {
    c.add_option("--epp-server", o.epp_server, "epp: the registry's server, HOST or HOST:PORT (700)");
    c.add_option("--epp-server-name", o.epp_server_name, "epp: the name in its certificate (default: HOST)");
    c.add_option("--epp-client", o.epp_client, "epp: who we are there (clID)");
    c.add_option("--epp-password", o.epp_password, "epp: where the password is: file:PATH, env:NAME or command:LINE");
    c.add_option("--epp-ca", o.epp_ca,
                 "epp: file with the certificates that vouch for the server (default: the system's)");
    c.add_option("--epp-certificate", o.epp_certificate, "epp: file with our certificate");
    c.add_option("--epp-key", o.epp_key, "epp: where its key is: file:PATH, env:NAME or command:LINE");
    c.add_option("--epp-interface", o.epp_interface, "epp: what the registry takes, ds or key (RFC 5910)")
        ->capture_default_str();
    c.add_option("--epp-sessions", o.epp_sessions, "epp: sessions at a time")->capture_default_str();
    c.add_option("--epp-per-minute", o.epp_per_minute, "epp: most commands a minute (0: no limit)")
        ->capture_default_str();
    c.add_option("--epp-max-sig-life", o.epp_max_sig_life, "epp: maxSigLife in seconds, sent with DS (0: not sent)")
        ->capture_default_str();
    c.add_flag("--epp-urgent", o.epp_urgent, "epp: ask for urgent changes of DS");
    c.add_option("--epp-log", o.epp_log, "epp: file for every frame, passwords masked");
}

void add_add(CLI::App& parent, Cli& cli) {
    auto o = std::make_shared<AddOptions>();
    auto* c = parent.add_subcommand("add", "Add a parent: where the DS and NS records of zones are");
    c->add_option("name", o->name, "What to call it: a-z 0-9 - _")->required();
    c->add_option("--driver", o->driver,
                  "cds (it reads CDS and CSYNC), rfc2136 or epp (we write), exec (a command writes), zonefile (a file "
                  "for review), "
                  "manual (a person does)")
        ->capture_default_str();
    c->add_option("--server", o->servers, "Address of a name server (ADDR or ADDR:PORT); name every one")->required();
    c->add_option("--zone", o->zone, "The parent zone (default: each zone's name without its first label)");
    c->add_option("--update", o->update, "rfc2136: the primary (default: the first server)");
    c->add_option("--tsig-name", o->tsig_name, "rfc2136: name of the TSIG key");
    c->add_option("--tsig-algorithm", o->tsig_algorithm, "hmac-sha256, hmac-sha384 or hmac-sha512")
        ->capture_default_str();
    c->add_option("--tsig-secret", o->tsig_secret, "Where the secret is: file:PATH, env:NAME or command:LINE");
    c->add_flag("--reads-cds", o->reads_cds, "It acts on CDS and CSYNC of the zones as well");
    c->add_option("--command", o->command, "exec: the command line; it gets each change as JSON");
    c->add_option("--directory", o->directory, "zonefile: the folder for the files");
    add_epp_options(*c, *o);
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
    add_parent_agent(*parent, cli);
    add_parent_judge(*parent, cli);
}

} // namespace tutti::app
