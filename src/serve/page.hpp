#pragma once
// The page: what a browser gets outside of /v1.
#include "serve/router.hpp"

namespace tutti::serve {

// Nothing: no such file.
std::optional<Response> page(std::string_view path);

} // namespace tutti::serve
