#pragma once
// The commands of a parent's agent.
#include "app/show.hpp"
#include "dns/name.hpp"

namespace tutti::app {

void add_parent_agent(CLI::App& parent, Cli& cli);
// What the agent remembers of a child, from its data base.
int show_child(const std::string& config_file, const dns::Name& child, const Cli& cli);

} // namespace tutti::app
