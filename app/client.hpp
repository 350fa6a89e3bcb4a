#pragma once
// The daemon's API, as the subcommands use it.
#include "base/error.hpp"
#include "serve/escape.hpp"

#include <boost/json.hpp>

#include <expected>
#include <string>

namespace tutti::app {

using Json = boost::json::value;

// What the daemon, or the way to it, says is wrong.
struct Refusal {
    Error error;
    std::string code; // "zone-unknown"
    Json document;    // the whole problem document; null when there was no answer
};

class Client {
  public:
    explicit Client(std::string socket, std::string token = {})
        : socket_(std::move(socket)), token_(std::move(token)) {}
    std::expected<Json, Refusal> get(const std::string& path) const { return call("GET", path, nullptr); }
    // All pages of a list, in one answer: `field` names the list.
    std::expected<Json, Refusal> get_all(const std::string& path, std::string_view field) const;
    std::expected<Json, Refusal> call(const std::string& method, const std::string& path,
                                      const boost::json::object* body) const;

  private:
    std::string socket_, token_;
};

// For a path: "example." stays, "/" and the like are escaped.
using serve::escaped;

} // namespace tutti::app
