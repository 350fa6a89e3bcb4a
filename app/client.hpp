#pragma once
// The daemon's API, as the subcommands use it.
#include "base/error.hpp"

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
    explicit Client(std::string socket) : socket_(std::move(socket)) {}
    std::expected<Json, Refusal> get(const std::string& path) const { return call("GET", path, nullptr); }
    std::expected<Json, Refusal> call(const std::string& method, const std::string& path,
                                      const boost::json::object* body) const;

  private:
    std::string socket_;
};

// For a path: "example." stays, "/" and the like are escaped.
std::string escaped(const std::string& segment);

} // namespace tutti::app
