#pragma once
// HTTP/1.1 on a Unix socket. Requests are handled on a pool of threads, since they may wait for disk and network;
// event streams (GET /v1/events) cost no thread, so that there may be thousands.
#include "serve/event_hub.hpp"
#include "serve/router.hpp"

#include <memory>
#include <string>

namespace tutti::serve {

struct ServerOptions {
    std::string socket; // path; mode 0600
    std::size_t io_threads = 2;
    std::size_t handlers = 8; // requests at work at the same time
    std::size_t streams_max = 10'000;
};

class Server {
  public:
    // conflict: somebody answers at that socket already.
    static Expected<std::unique_ptr<Server>> start(const Router& router, EventHub& events, ServerOptions options);
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
