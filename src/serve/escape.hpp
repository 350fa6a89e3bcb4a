#pragma once
#include <string>
#include <string_view>

namespace tutti::serve {

// For a path or a query: "example." stays, "/", "&" and the like are escaped.
std::string escaped(std::string_view text);

} // namespace tutti::serve
