#pragma once
// tutti check: reads a zone's signers and parent from DNS, and says what is unsafe or inconsistent.
#include "app/cli.hpp"

namespace tutti::app {

struct CheckOptions {
    std::string zone, resolver;
    std::vector<std::string> signers; // "blue=127.0.1.1,127.0.1.2"
    std::vector<std::string> parent_servers;
};

// Prints what was found; kOk: nothing wrong, kFailed: something is.
int check(const CheckOptions& options, const Cli& cli);

} // namespace tutti::app
