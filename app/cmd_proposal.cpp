// tutti proposal list|approve|reject
#include "app/show.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

std::string wish_of(const Json& proposal) {
    const auto signers = joined_at(at(proposal, "wish"), "signers", " + ");
    return signers.empty() ? serialize(at(proposal, "wish")) : signers;
}

void render_proposals(Page& page, const Json& a) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& p : array_at(a, "proposals"))
        rows.push_back({text_at(p, "id"), text_at(p, "state"), text_at(p, "zone"), text_at(p, "kind"), text_at(p, "by"),
                        wish_of(p)});
    if (rows.empty()) return page.line("None.");
    page.table(rows);
}

} // namespace

void add_proposal(CLI::App& root, Cli& cli) {
    auto* proposal = root.add_subcommand("proposal", "Changes that wait for a second person");
    proposal->require_subcommand(1);
    auto* list = proposal->add_subcommand("list", "Those that wait, and decided ones");
    add_common(*list, cli);
    list->callback(
        [&cli] { cli.run = [&cli] { return show(cli.client().get("/v1/proposals"), cli, render_proposals); }; });
    for (const std::string verb : {"approve", "reject"}) {
        auto id = std::make_shared<std::string>();
        auto* c = proposal->add_subcommand(verb, verb == "approve" ? "Carry it out" : "Do not carry it out");
        c->add_option("id", *id, "Its number, as `list` shows it")->required();
        add_common(*c, cli);
        c->callback([id, verb, &cli] {
            cli.run = [id, verb, &cli] {
                const auto path = "/v1/proposals/" + escaped(*id) + "/" + verb;
                return show(cli.client().call("POST", path, nullptr), cli, [](Page& page, const Json& a) {
                    page.line(fmt::format("{}: {} {}", text_at(a, "zone"), wish_of(a), text_at(a, "state")));
                });
            };
        });
    }
}

} // namespace tutti::app
