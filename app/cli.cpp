#include "app/cli.hpp"

#include <exception>
#include <iostream>

namespace tutti::app {

void add_common(CLI::App& command, Cli& cli, bool daemon) {
    command.add_option("-o,--output", cli.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    if (daemon) command.add_option("--socket", cli.socket, "The daemon's socket")->envname("TUTTI_SOCKET");
}

int run(int argc, const char* const* argv) {
    CLI::App root("tutti: several DNS operators sign one zone, and it stays valid while they come and go", "tutti");
    root.require_subcommand(1);
    root.set_help_all_flag("--help-all", "Help for everything");
    Cli cli;
    cli.socket = "/run/tutti/tutti.sock";
    cli.root = &root;
    add_serve(root, cli);
    add_zone(root, cli);
    add_signer(root, cli);
    add_parent(root, cli);
    add_plan(root, cli);
    add_apply(root, cli);
    add_explain(root, cli);
    add_watch(root, cli);
    add_wait(root, cli);
    add_history(root, cli);
    add_control(root, cli);
    add_check(root, cli);
    add_completion(root, cli);
    add_version(root, cli);
    try {
        root.parse(argc, argv);
        return cli.run ? cli.run() : kUsage;
    } catch (const CLI::ParseError& e) {
        return root.exit(e) == 0 ? kOk : kUsage;
    } catch (const std::exception& e) { // a library that throws: say so, and fail
        std::cerr << "error: " << e.what() << '\n';
        return kFailed;
    }
}

} // namespace tutti::app
