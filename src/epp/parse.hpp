#pragma once
// Frames of a server, read: namespaces, presence and ranges are checked; what is not understood is an error, and what
// is of an unknown extension is passed over. Errors are `bad_answer`.
#include "epp/values.hpp"

#include <string_view>
#include <variant>

namespace tutti::epp {

using ServerFrame = std::variant<Greeting, Response>;

Expected<ServerFrame> parse_server_frame(std::string_view xml);

} // namespace tutti::epp
