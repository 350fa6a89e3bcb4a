#pragma once
// tutti check: reads a zone's signers and parent from DNS, and says what is unsafe or inconsistent.
#include "app/cli.hpp"

namespace tutti::app {

struct CheckOptions {
    std::string zone, resolver;
    std::vector<std::string> servers; // "127.0.1.1" or "127.0.1.1=blue"
    std::vector<std::string> parent_servers;
    bool no_lookup = false;
};

// Prints what was found; kOk: nothing wrong, kFailed: an error is there, or nothing could be seen, kPending: warnings.
int check(const CheckOptions& options, const Cli& cli);

} // namespace tutti::app
