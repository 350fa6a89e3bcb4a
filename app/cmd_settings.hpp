#pragma once
// What signers and parents have in common on the command line.
#include "app/show.hpp"

namespace tutti::app {

// From the folder of whoever types it: the daemon has another.
std::string absolute_path(const std::string& path);
// "file:x" with an absolute path: the daemon reads it, from its own folder.
std::string absolute_secret(const std::string& ref);
void add_tsig(boost::json::object& body, const std::string& name, const std::string& algorithm,
              const std::string& secret);
// list, show, probe, remove; `kind`: "signer" or "parent".
void add_settings_commands(CLI::App& command, Cli& cli, const std::string& kind);

} // namespace tutti::app
