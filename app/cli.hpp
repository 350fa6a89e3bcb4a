#pragma once
// The command line: each subcommand is one file that adds itself to the parser.
#include "app/client.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace tutti::app {

// Stable; documented in doc/cli.md.
enum Exit { kOk = 0, kFailed = 1, kPending = 2, kWaiting = 3, kUsage = 64, kTimeout = 124 };

struct Cli {
    std::string socket;          // --socket, or $TUTTI_SOCKET
    std::string token;           // $TUTTI_TOKEN; without it: whoever may open the socket
    std::string output = "text"; // -o
    std::function<int()> run;    // set by the subcommand that was chosen
    CLI::App* root = nullptr;    // for completion

    bool json() const { return output == "json"; }
    Client client() const { return Client(socket, token); }
};

// Adds -o and, for those that talk to the daemon, --socket.
void add_common(CLI::App& command, Cli& cli, bool daemon = true);

void add_serve(CLI::App& root, Cli& cli);
void add_signer(CLI::App& root, Cli& cli);
void add_parent(CLI::App& root, Cli& cli);
void add_zone(CLI::App& root, Cli& cli);
void add_plan(CLI::App& root, Cli& cli);
void add_apply(CLI::App& root, Cli& cli);
void add_explain(CLI::App& root, Cli& cli);
void add_watch(CLI::App& root, Cli& cli);
void add_wait(CLI::App& root, Cli& cli);
void add_history(CLI::App& root, Cli& cli);
void add_control(CLI::App& root, Cli& cli); // pause, resume, step, mode
void add_backup(CLI::App& root, Cli& cli);  // backup, restore
void add_metrics(CLI::App& root, Cli& cli);
void add_check(CLI::App& root, Cli& cli);
void add_scan(CLI::App& root, Cli& cli);
void add_simulate(CLI::App& root, Cli& cli);
void add_prove(CLI::App& root, Cli& cli);
void add_check_trace(CLI::App& root, Cli& cli);
void add_lab(CLI::App& root, Cli& cli); // run, stats
void add_token(CLI::App& root, Cli& cli);
void add_proposal(CLI::App& root, Cli& cli);
void add_audit(CLI::App& root, Cli& cli);
void add_completion(CLI::App& root, Cli& cli);
void add_version(CLI::App& root, Cli& cli);

// The whole program: parses, runs, returns the exit code.
int run(int argc, const char* const* argv);

inline constexpr const char* kVersion = "0.1.0";

} // namespace tutti::app
