#pragma once
// Requests to functions, by one table. The table is data: help, 405 answers and the API description come from it.
#include "serve/problem.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tutti::serve {

struct Request {
    std::string method, path;                  // path without the query, still encoded
    std::map<std::string, std::string> params; // from the pattern, decoded: {zone}
    std::map<std::string, std::string> query;  // decoded
    boost::json::object body;                  // of POST and PUT; empty object when there is none
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string allow; // of a 405
};

struct Route {
    std::string method, pattern; // "GET", "/v1/zones/{zone}"
    std::string summary;
    std::function<Result<Json>(const Request&)> handle;
    int status = 200; // when it goes well
};

class Router {
  public:
    explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}
    // Any method and target ("/v1/zones/example.?limit=3") and body to an answer. Never throws.
    Response dispatch(const std::string& method, std::string_view target, std::string_view body) const;
    const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

Response answer(const Problem& problem);
// Splits and decodes "path?a=b"; nothing when an escape is broken.
std::optional<Request> parse_target(std::string_view target);

} // namespace tutti::serve
