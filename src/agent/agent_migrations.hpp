#pragma once
// The steps from an empty file to today's data base of the agent.
#include "store/migrate.hpp"

#include <span>

namespace tutti::agent {

std::span<const store::Migration> agent_migrations();

} // namespace tutti::agent
