#pragma once
// The routes of the API, version 1.
#include "serve/router.hpp"
#include "serve/service.hpp"

namespace tutti::serve {

// /v1/events is a stream, and the server's own.
std::vector<Route> api(Service& service);

} // namespace tutti::serve
