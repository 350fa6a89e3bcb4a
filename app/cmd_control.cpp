// tutti pause, resume, step, mode
#include "app/show.hpp"

namespace tutti::app {

namespace {

void render_summary(Page& page, const Json& a) {
    page.line(text_at(a, "zone") + ": " + text_at(a, "mode") + (flag_at(a, "paused") ? ", paused" : "") +
              (number_at(a, "steps") > 0 ? ", carries out the next decision" : "") + ", " + text_at(a, "state"));
}

void add_simple(CLI::App& root, Cli& cli, const std::string& verb, const std::string& help) {
    auto zone = std::make_shared<std::string>();
    auto* c = root.add_subcommand(verb, help);
    c->add_option("zone", *zone, "The zone")->required();
    add_common(*c, cli);
    c->callback([=, &cli] {
        cli.run = [=, &cli] {
            return send_and_show(cli, "POST", "/v1/zones/" + escaped(*zone) + '/' + verb, {}, render_summary);
        };
    });
}

} // namespace

void add_control(CLI::App& root, Cli& cli) {
    add_simple(root, cli, "pause", "Change nothing in a zone until `resume`; it is still looked at");
    add_simple(root, cli, "resume", "Go on with a paused zone");
    add_simple(root, cli, "step", "Manual mode: carry out the next decision");

    auto zone = std::make_shared<std::string>(), mode = std::make_shared<std::string>();
    auto* c = root.add_subcommand("mode", "automatic, or manual: nothing happens without `tutti step`");
    c->add_option("zone", *zone, "The zone")->required();
    c->add_option("mode", *mode, "automatic or manual")->required()->check(CLI::IsMember({"automatic", "manual"}));
    add_common(*c, cli);
    c->callback([=, &cli] {
        cli.run = [=, &cli] {
            return send_and_show(cli, "PUT", "/v1/zones/" + escaped(*zone) + "/mode", {{"mode", *mode}},
                                 render_summary);
        };
    });
}

} // namespace tutti::app
