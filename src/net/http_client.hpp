#pragma once
// port::Http by libcurl. May be called from several threads at once.
#include "base/time.hpp"
#include "port/http.hpp"

namespace tutti::net {

struct HttpClientOptions {
    Duration connect_timeout = seconds(5), timeout = seconds(30);
    std::size_t max_body = 64U << 20; // a zone of a provider's API may be large
    std::string ca_file;              // empty: the system's certificates
    std::string proxy;                // empty: none, whatever the environment says
};

class HttpClient : public port::Http {
  public:
    explicit HttpClient(HttpClientOptions options = {});
    Expected<port::HttpResponse> send(const port::HttpRequest& request) override;

  private:
    HttpClientOptions options_;
};

} // namespace tutti::net
