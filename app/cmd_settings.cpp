#include "app/cmd_settings.hpp"

#include <filesystem>

namespace tutti::app {

namespace {

void render_all(Page& page, const Json& a) {
    const auto& list = array_at(a, a.as_object().contains("signers") ? "signers" : "parents");
    std::vector<std::vector<std::string>> rows;
    for (const auto& s : list)
        rows.push_back({text_at(s, "name"), text_at(s, "driver"), joined_at(s, "ns"), joined_at(s, "servers")});
    if (rows.empty()) return page.line("None.");
    page.table(rows);
}

void render_removed(Page& page, const Json& a) {
    page.line(text_at(a, "name") + " is removed");
}

int probe(const Cli& cli, const std::string& path, const std::string& zone) {
    const boost::json::object body{{"zone", zone}};
    auto answer = cli.client().call("POST", path + "/probe", &body);
    const int code = show(answer, cli, render_probe);
    return code == kOk && !flag_at(*answer, "usable") ? kFailed : code;
}

} // namespace

std::string absolute_path(const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

std::string absolute_secret(const std::string& ref) {
    if (!ref.starts_with("file:")) return ref;
    return "file:" + absolute_path(ref.substr(5));
}

void add_tsig(boost::json::object& body, const std::string& name, const std::string& algorithm,
              const std::string& secret) {
    if (name.empty() && secret.empty()) return;
    body["tsig"] = boost::json::object{{"name", name}, {"algorithm", algorithm}, {"secret", absolute_secret(secret)}};
}

void add_settings_commands(CLI::App& command, Cli& cli, const std::string& kind) {
    const std::string base = "/v1/" + kind + "s";
    auto name = std::make_shared<std::string>(), zone = std::make_shared<std::string>();

    auto* list = command.add_subcommand("list", "All of them, one a line");
    add_common(*list, cli);
    list->callback([=, &cli] { cli.run = [=, &cli] { return show(cli.client().get(base), cli, render_all); }; });

    auto* one = command.add_subcommand("show", "The settings of one");
    one->add_option("name", *name, "Its name")->required();
    add_common(*one, cli);
    one->callback([=, &cli] {
        cli.run = [=, &cli] { return show(cli.client().get(base + '/' + escaped(*name)), cli, render_settings); };
    });

    auto* check = command.add_subcommand("probe", "Can it take part in a zone? Changes nothing");
    check->add_option("name", *name, "Its name")->required();
    check->add_option("zone", *zone, "The zone")->required();
    add_common(*check, cli);
    check->callback([=, &cli] { cli.run = [=, &cli] { return probe(cli, base + '/' + escaped(*name), *zone); }; });

    auto* remove = command.add_subcommand("remove", "Forget it; refused while a zone uses it");
    remove->add_option("name", *name, "Its name")->required();
    add_common(*remove, cli);
    remove->callback([=, &cli] {
        cli.run = [=, &cli] {
            return show(cli.client().call("DELETE", base + '/' + escaped(*name), nullptr), cli, render_removed);
        };
    });
}

} // namespace tutti::app
