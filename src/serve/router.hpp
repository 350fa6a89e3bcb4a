#pragma once
// Requests to functions, by one table. The table is data: 405 answers, scopes and the API description come from it.
#include "serve/caller.hpp"
#include "serve/problem.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tutti::serve {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method, path;                  // path without the query, still encoded
    std::map<std::string, std::string> params; // from the pattern, decoded: {zone}
    std::map<std::string, std::string> query;  // decoded
    boost::json::object body;                  // of POST and PUT; empty object when there is none
    std::string if_match;                      // as sent
    Caller caller;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    Headers headers; // further ones

    const std::string* header(std::string_view name) const;
};

// What a route answers when it goes well: JSON, mostly.
struct Reply {
    Reply(Json value) : json(std::move(value)) {} // NOLINT: every value is an answer
    Reply(std::string type, std::string content) : content_type(std::move(type)), text(std::move(content)) {}
    Json json;
    std::string content_type = "application/json", text; // `text`: of anything but JSON
    Headers headers = {};
    int status = 0; // another than the route's
};

struct Route {
    std::string method, pattern; // "GET", "/v1/zones/{zone}"
    std::string summary;
    Scope scope = Scope::read;
    std::function<Result<Reply>(const Request&)> handle;
    std::vector<std::string> query = {}; // the parameters that it knows
    int status = 200;                    // when it goes well
    // Also for callers who are limited to zones. Paths with {zone} always are, and need no care; others mind r.caller.
    bool narrow = false;
    std::string secret = {}; // the field of the answer that is not kept
};

class Router {
  public:
    explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

    struct Found {
        const Route* route;
        Request request; // without body and caller
    };
    // The route and the parameters; or what to answer instead.
    std::expected<Found, Response> find(const std::string& method, std::string_view target) const;
    // Never throws.
    static Response run(const Route& route, Request request, std::string_view body);
    // Both, for somebody who may do everything.
    Response dispatch(const std::string& method, std::string_view target, std::string_view body) const;
    const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

Response answer(const Problem& problem);
// Splits and decodes "path?a=b"; nothing when an escape is broken or a name comes twice.
std::optional<Request> parse_target(std::string_view target);

} // namespace tutti::serve
