#pragma once
// Port: HTTP requests to the APIs of providers.
#include "base/error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tutti::port {

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers; // may hold secrets: never log
    std::string body;
};

struct HttpResponse {
    int status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
};

class Http {
  public:
    virtual ~Http() = default;
    // Errors: unreachable (nothing was sent), unknown_outcome (sent, no whole reply), invalid (URL).
    // Any HTTP status is a response.
    virtual Expected<HttpResponse> send(const HttpRequest& request) = 0;
};

} // namespace tutti::port
