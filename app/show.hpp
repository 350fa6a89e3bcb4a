#pragma once
// From an answer of the daemon to the terminal and an exit code.
#include "app/cli.hpp"
#include "app/render.hpp"

namespace tutti::app {

// The error on stderr, or as JSON on stdout; returns kFailed.
int show_refusal(const Refusal& refusal, bool json);
// The answer as JSON or as `render` draws it; kOk, or kFailed when it is a refusal.
int show(const std::expected<Json, Refusal>& answer, const Cli& cli, void (*render)(Page&, const Json&));
// Sends a request with a body and shows the answer.
int send_and_show(const Cli& cli, const std::string& method, const std::string& path, const boost::json::object& body,
                  void (*render)(Page&, const Json&));
boost::json::array to_array(const std::vector<std::string>& texts);
// "a,b" and repeated options, to one list.
std::vector<std::string> split_list(const std::vector<std::string>& given);

} // namespace tutti::app
