#pragma once
// What the parent's agent on this machine knows and did, from its data base; nothing is changed there.
#include "serve/router.hpp"

namespace tutti::app {

// `config`: the agent's configuration file; empty: there is no agent.
std::vector<serve::Route> agent_routes(const std::string& config);

} // namespace tutti::app
