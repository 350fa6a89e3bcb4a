#pragma once
// One question over one TCP connection each (RFC 7766), many side by side, none of them waited for. Whoever uses it has
// the deadline: a connection that is too slow is closed by its cookie.
#include "scan/address.hpp"
#include "scan/wire_view.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace tutti::scan {

class TcpPool {
  public:
    // `epoll`: where its sockets are watched, with `base` + file descriptor as data.
    TcpPool(int epoll, std::uint64_t base) : epoll_(epoll), base_(base) {}
    ~TcpPool();
    TcpPool(const TcpPool&) = delete;
    TcpPool& operator=(const TcpPool&) = delete;

    // Returns the errno of a failure, or 0. `source`: empty, or the address to connect from.
    int start(const SocketAddress& to, const std::string& source, Octets message, std::uint32_t cookie);
    void stop(std::uint32_t cookie);
    std::size_t open() const { return connections_.size(); }

    // What happened on a watched socket. Calls `done` with the message, or with an empty one and what went wrong.
    using Done = std::function<void(std::uint32_t cookie, Octets message, const char* problem)>;
    void handle(int fd, const Done& done);

  private:
    struct Connection {
        std::uint32_t cookie = 0;
        std::vector<std::uint8_t> out, in; // in: two octets of length, then the message
        std::size_t sent = 0, got = 0;
    };
    bool write_some(int fd, Connection& c, const char*& problem);
    bool read_some(int fd, Connection& c, const char*& problem);
    void drop(int fd);

    int epoll_;
    std::uint64_t base_;
    std::unordered_map<int, Connection> connections_;
    std::unordered_map<std::uint32_t, int> by_cookie_;
};

} // namespace tutti::scan
