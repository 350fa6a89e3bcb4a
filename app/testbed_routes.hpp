#pragma once
// The results of a testbed (doc/testbed.md, "What is kept"), from its folder.
#include "serve/router.hpp"

namespace tutti::app {

// `folder` empty: there is no testbed.
std::vector<serve::Route> testbed_routes(const std::string& folder);

} // namespace tutti::app
