#pragma once
// A zone's history as a trace, for the checker and for those who want to see all that was served.
#include "serve/router.hpp"
#include "serve/service.hpp"

namespace tutti::app {

std::vector<serve::Route> trace_route(serve::Service& service);

} // namespace tutti::app
