#pragma once
// tutti check: reads a zone's signers and parent from DNS, and says what is unsafe or inconsistent.
#include "app/cli.hpp"
#include "audit/view.hpp"

namespace tutti::app {

struct CheckOptions {
    std::string zone, resolver;
    std::vector<std::string> servers; // "127.0.1.1" or "127.0.1.1=blue"
    std::vector<std::string> parent_servers;
    bool no_lookup = false;
};

void add_check_options(CLI::App& command, CheckOptions& options);

// One look at the zone. Fails if the options make no sense, or nobody is there to be asked.
Expected<audit::View> look_once(const CheckOptions& options);

// Prints what was found; kOk: nothing wrong, kFailed: an error is there, or nothing could be seen, kPending: warnings.
int check(const CheckOptions& options, const Cli& cli);

} // namespace tutti::app
