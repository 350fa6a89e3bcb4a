// tutti zone add|list|show|remove
#include "app/show.hpp"

namespace tutti::app {

namespace {

struct AddOptions {
    std::string zone, parent, mode = "automatic", policy, ksk_holder;
    std::vector<std::string> signers;
    bool no_probe = false;
};

int add(const Cli& cli, const AddOptions& o) {
    boost::json::object body{{"zone", o.zone},
                             {"parent", o.parent},
                             {"signers", to_array(split_list(o.signers))},
                             {"mode", o.mode},
                             {"probe", !o.no_probe}};
    if (!o.ksk_holder.empty()) body["ksk_holder"] = o.ksk_holder;
    if (!o.policy.empty()) {
        boost::system::error_code ec;
        auto policy = boost::json::parse(o.policy, ec);
        if (ec)
            return show_refusal({{ErrorKind::invalid, "this is not JSON: " + ec.message(), "--policy",
                                  R"(for example --policy '{"margin_s": 5}')"},
                                 "usage",
                                 nullptr},
                                cli.json());
        body["policy"] = std::move(policy);
    }
    return send_and_show(cli, "POST", "/v1/zones", body, [](Page& page, const Json& a) {
        for (const auto& p : array_at(a, "probes")) render_probe(page, p);
        if (const auto id = text_at(a, "id"); !id.empty())
            return page.line(text_at(a, "zone") + " waits for a second person: `tutti proposal approve " + id + '`',
                             Colour::yellow);
        page.line(text_at(a, "zone") + " is added", Colour::green);
    });
}

void add_add(CLI::App& zone, Cli& cli) {
    auto o = std::make_shared<AddOptions>();
    auto* c = zone.add_subcommand("add", "Look after a zone, as it is now");
    c->add_option("zone", o->zone, "Its name, with the final dot: example.com.")->required();
    c->add_option("--parent", o->parent, "Where its DS and NS are (see `tutti parent list`)")->required();
    c->add_option("--signers", o->signers, "Who signs and serves it, separated by commas")->required();
    c->add_option("--ksk-holder", o->ksk_holder, "Whose DNSKEY RRset all of them serve (RFC 8901 model 1)");
    c->add_option("--mode", o->mode, "automatic, or manual: nothing happens without `tutti step`")
        ->capture_default_str();
    c->add_option("--policy", o->policy, "JSON; what is not named is as in the configuration file");
    c->add_flag("--no-probe", o->no_probe, "Do not ask the signers and the parent first whether they can take part");
    add_common(*c, cli);
    c->callback([o, &cli] { cli.run = [o, &cli] { return add(cli, *o); }; });
}

} // namespace

void add_zone(CLI::App& root, Cli& cli) {
    auto* zone = root.add_subcommand("zone", "Zones that are looked after");
    zone->require_subcommand(1);
    add_add(*zone, cli);
    auto name = std::make_shared<std::string>();

    auto* list = zone->add_subcommand("list", "All of them, one a line");
    add_common(*list, cli);
    list->callback([&cli] {
        cli.run = [&cli] { return show(cli.client().get_all("/v1/zones?limit=10000", "zones"), cli, render_zones); };
    });

    auto* one = zone->add_subcommand("show", "One zone and its transitions");
    one->add_option("zone", *name, "Its name")->required();
    add_common(*one, cli);
    one->callback([name, &cli] {
        cli.run = [name, &cli] { return show(cli.client().get("/v1/zones/" + escaped(*name)), cli, render_zone); };
    });

    auto* remove = zone->add_subcommand("remove", "Stop looking after it; changes nothing in DNS");
    remove->add_option("zone", *name, "Its name")->required();
    add_common(*remove, cli);
    remove->callback([name, &cli] {
        cli.run = [name, &cli] {
            return show(cli.client().call("DELETE", "/v1/zones/" + escaped(*name), nullptr), cli,
                        [](Page& page, const Json& a) {
                            page.line(text_at(a, "zone") + " is removed; in DNS all stays as it is now");
                        });
        };
    });
}

} // namespace tutti::app
