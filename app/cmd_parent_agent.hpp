#pragma once
// The commands of a parent's agent.
#include "app/show.hpp"

namespace tutti::app {

void add_parent_agent(CLI::App& parent, Cli& cli);
void add_parent_judge(CLI::App& parent, Cli& cli);

} // namespace tutti::app
