#pragma once
// HTTP/1.1 on a Unix socket, and on TCP with TLS 1.3. Requests are handled on a pool of threads, since they may wait
// for disk and network; event streams (GET /v1/events) cost no thread, so that there may be thousands.
#include "port/dns.hpp"
#include "serve/session.hpp"

#include <memory>
#include <string>

namespace tutti::serve {

struct ServerOptions {
    std::string socket;                 // path; mode 0600
    std::vector<port::Endpoint> listen; // TCP
    // PEM files, for TCP. Without them there is no TLS, which is allowed on loopback addresses only.
    std::string certificate, key;
    std::size_t io_threads = 2;
    std::size_t handlers = 8; // requests at work at the same time
    std::size_t streams_max = 10'000;
    std::size_t connections = 12'000;            // over TCP
    std::size_t connections_per_address = 2'000; // over TCP
    Limits limits;
};

class Server {
  public:
    // conflict: somebody answers at that socket already.
    static Expected<std::unique_ptr<Server>> start(Gate& gate, EventHub& events, Pages pages, ServerOptions options);
    // Stops accepting, lets running requests finish, closes the streams.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

  private:
    struct Inside;
    explicit Server(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

} // namespace tutti::serve
