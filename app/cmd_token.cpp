// tutti token add|list|show|remove
#include "app/show.hpp"

#include <chrono>

namespace tutti::app {

namespace {

struct AddOptions {
    std::string name, expires;
    std::vector<std::string> scopes, zones, from;
};

// "90d" from now, or a time.
std::expected<std::string, Refusal> moment(const std::string& text) {
    if (text.empty() || parse_rfc3339(text)) return text;
    const auto after = parse_duration(text);
    if (!after) return std::unexpected(Refusal{after.error(), "usage", nullptr});
    return to_rfc3339(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) + *after);
}

int add(const Cli& cli, const AddOptions& o) {
    auto expires = moment(o.expires);
    if (!expires) return show_refusal(expires.error(), cli.json());
    boost::json::object body{{"name", o.name},
                             {"scopes", to_array(split_list(o.scopes))},
                             {"zones", to_array(split_list(o.zones))},
                             {"from", to_array(split_list(o.from))}};
    if (!expires->empty()) body["expires"] = *expires;
    return send_and_show(cli, "POST", "/v1/tokens", body, [](Page& page, const Json& a) {
        page.line(text_at(a, "token"), Colour::bold);
        page.line("Keep it: it is shown this once, and only a hash of it is stored.", Colour::yellow);
    });
}

std::string or_all(const std::string& text) {
    return text.empty() ? "all" : text;
}

void render_tokens(Page& page, const Json& a) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& t : array_at(a, "tokens"))
        rows.push_back({text_at(t, "name"), joined_at(t, "scopes", " "), "zones " + or_all(joined_at(t, "zones")),
                        "from " + or_all(joined_at(t, "from")),
                        text_at(t, "expires").empty() ? "for ever" : "until " + text_at(t, "expires")});
    if (rows.empty()) return page.line("No tokens. `tutti token add` makes one.");
    page.table(rows);
}

void add_add(CLI::App& token, Cli& cli) {
    auto o = std::make_shared<AddOptions>();
    auto* c = token.add_subcommand("add", "Make a token; prints its secret, once");
    c->add_option("name", o->name, "Who or what will use it")->required();
    c->add_option("--scope", o->scopes, "read, plan, apply, admin (each with those before it), approve")->required();
    c->add_option("--zone", o->zones, "Only for these zones");
    c->add_option("--from", o->from, "Only from these networks (192.0.2.0/24)");
    c->add_option("--expires", o->expires, "After this time (90d), or at a moment (RFC 3339)");
    add_common(*c, cli);
    c->callback([o, &cli] { cli.run = [o, &cli] { return add(cli, *o); }; });
}

} // namespace

void add_token(CLI::App& root, Cli& cli) {
    auto* token = root.add_subcommand("token", "Who may use the API over the network");
    token->require_subcommand(1);
    add_add(*token, cli);

    auto* list = token->add_subcommand("list", "All of them, without their secrets");
    add_common(*list, cli);
    list->callback([&cli] { cli.run = [&cli] { return show(cli.client().get("/v1/tokens"), cli, render_tokens); }; });

    auto name = std::make_shared<std::string>();
    auto* remove = token->add_subcommand("remove", "It is refused from now on");
    remove->add_option("name", *name, "Its name")->required();
    add_common(*remove, cli);
    remove->callback([name, &cli] {
        cli.run = [name, &cli] {
            return show(cli.client().call("DELETE", "/v1/tokens/" + escaped(*name), nullptr), cli,
                        [](Page& page, const Json& a) { page.line(text_at(a, "name") + " is removed"); });
        };
    });
}

} // namespace tutti::app
