#pragma once
// `tutti parent serve`: a parent's agent wired together.
#include "app/config.hpp"

namespace tutti::app {

// Until SIGTERM or SIGINT, or with `once` until everything had its turn. SIGHUP: the delegations are read anew.
Expected<void> serve_parent(const Config& config);

} // namespace tutti::app
