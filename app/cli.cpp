#include "app/cli.hpp"

#include "app/text.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace tutti::app {

void add_common(CLI::App& command, Cli& cli, bool daemon) {
    command.add_option("-o,--output", cli.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    // Not with envname(): the parser sets the options of all subcommands from the environment, after the command line.
    if (daemon) command.add_option("--socket", cli.socket, "The daemon's socket (default: $TUTTI_SOCKET)");
}

namespace {

// What is wrong with the command line, and which --help tells more.
int show_misuse(CLI::App& root, const CLI::ParseError& e) {
    const CLI::App* command = &root;
    std::string path = "tutti";
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        path += " " + command->get_name();
    }
    std::string what = e.what();
    if (const auto rest = command->remaining(); !rest.empty() && command->get_require_subcommand_min() > 0)
        what = rest.front().starts_with("-") ? "there is no option " + rest.front()
                                             : "there is no command `" + path + " " + rest.front() + "`";
    Page page(wants_colour(STDERR_FILENO));
    page.entry("error", what, Colour::red);
    page.entry("remedy", "`" + path + " --help` tells what there is");
    std::fputs(page.text().c_str(), stderr);
    return kUsage;
}

} // namespace

int run(int argc, const char* const* argv) {
    CLI::App root("tutti: several DNS operators sign one zone, and it stays valid while they come and go", "tutti");
    root.require_subcommand(1);
    root.set_help_all_flag("--help-all", "Help for everything");
    root.set_version_flag("--version", std::string("tutti ") + kVersion);
    Cli cli;
    const char* socket = std::getenv("TUTTI_SOCKET");
    cli.socket = socket != nullptr && *socket != '\0' ? socket : "/run/tutti/tutti.sock";
    const char* token = std::getenv("TUTTI_TOKEN");
    cli.token = token != nullptr ? token : "";
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
    add_backup(root, cli);
    add_metrics(root, cli);
    add_check(root, cli);
    add_scan(root, cli);
    add_simulate(root, cli);
    add_prove(root, cli);
    add_check_trace(root, cli);
    add_lab(root, cli);
    add_token(root, cli);
    add_proposal(root, cli);
    add_audit(root, cli);
    add_completion(root, cli);
    add_version(root, cli);
    try {
        root.parse(argc, argv);
        return cli.run ? cli.run() : kUsage;
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() != 0) return show_misuse(root, e);
        root.exit(e); // --help
        return kOk;
    } catch (const std::exception& e) { // a library that throws: say so, and fail
        std::cerr << "error: " << e.what() << '\n';
        return kFailed;
    }
}

} // namespace tutti::app
