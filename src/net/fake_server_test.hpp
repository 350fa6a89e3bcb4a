#pragma once
// For tests: servers that do what the test says, right or wrong, on a loopback port of their own.
#include "net/io.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace tutti::net::testing {

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline int bound_socket(int type, std::uint16_t port) {
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = loopback(port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

inline std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

// A port of which both UDP and TCP are free, a moment ago.
inline std::uint16_t free_port() {
    for (int i = 0; i < 100; ++i) {
        const int udp = bound_socket(SOCK_DGRAM, 0);
        const int tcp = bound_socket(SOCK_STREAM, port_of(udp));
        const std::uint16_t port = port_of(udp);
        close(udp);
        if (tcp < 0) continue;
        close(tcp);
        return port;
    }
    throw std::runtime_error("no free port");
}

// One side of a TCP connection, blocking. A failure ends the conversation quietly: the test sees it at the other end.
class Connection {
  public:
    explicit Connection(int fd) : fd_(fd) {}
    ~Connection() { close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Bytes read_message() const {
        const Bytes length = read_exactly(2);
        return length.empty() ? Bytes{} : read_exactly(static_cast<std::size_t>(length[0] << 8 | length[1]));
    }
    void write_message(const Bytes& message) const {
        Bytes framed{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size() & 0xff)};
        framed.insert(framed.end(), message.begin(), message.end());
        write_raw(framed);
    }
    // What comes until `end`, with it; less if the other side closes.
    std::string read_until(std::string_view end) const {
        std::string out;
        while (!out.ends_with(end)) {
            const Bytes octet = read_exactly(1);
            if (octet.empty()) break;
            out += static_cast<char>(octet[0]);
        }
        return out;
    }
    bool write_raw(std::span<const std::uint8_t> data) const {
        return send(fd_, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size());
    }
    // Until the other side closes.
    void wait_for_close() const {
        while (!read_exactly(1).empty()) {
        }
    }

  private:
    Bytes read_exactly(std::size_t size) const {
        Bytes out(size);
        for (std::size_t got = 0; got < size;) {
            const ssize_t n = recv(fd_, out.data() + got, size - got, 0);
            if (n <= 0) return {};
            got += static_cast<std::size_t>(n);
        }
        return out;
    }
    int fd_;
};

// What a server does: set by the test, run by the server's thread.
template <class F>
class Behaviour {
  public:
    explicit Behaviour(std::mutex& mutex) : mutex_(mutex) {}
    template <class G>
    void operator=(G&& function) {
        const std::scoped_lock lock{mutex_};
        function_ = std::forward<G>(function);
    }
    auto run(const auto& argument) {
        const std::scoped_lock lock{mutex_};
        using Result = decltype(function_(argument));
        return function_ ? function_(argument) : Result();
    }

  private:
    std::mutex& mutex_;
    std::function<F> function_;
};

// Answers each datagram with those that `on_udp` gives, and lets `on_tcp` talk on each connection, one at a time.
class FakeServer {
    std::mutex mutex_;

  public:
    Behaviour<std::vector<Bytes>(const Bytes&)> on_udp{mutex_};
    Behaviour<void(const Connection&)> on_tcp{mutex_};
    std::atomic<int> datagrams = 0, connections = 0;

    FakeServer() {
        for (int i = 0; i < 100 && tcp_ < 0; ++i) {
            if (udp_ >= 0) close(udp_);
            udp_ = bound_socket(SOCK_DGRAM, 0);
            tcp_ = bound_socket(SOCK_STREAM, port_of(udp_));
        }
        if (tcp_ < 0 || listen(tcp_, 64) != 0 || pipe(stop_) != 0) throw std::runtime_error("no sockets");
        port_ = port_of(udp_);
        thread_ = std::jthread{[this] { serve(); }};
    }
    ~FakeServer() {
        close(stop_[1]);
        thread_.join();
        close(stop_[0]);
        close(udp_);
        close(tcp_);
    }
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    port::Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    // Before the test looks at what a behaviour has written.
    void settle() { const std::scoped_lock lock{mutex_}; }

  private:
    void serve() {
        for (;;) {
            pollfd fds[] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
            if (poll(fds, 3, -1) < 0) continue;
            if (fds[0].revents != 0) return;
            if (fds[1].revents != 0) serve_datagram();
            if (fds[2].revents == 0) continue;
            const Connection connection{::accept(tcp_, nullptr, nullptr)};
            ++connections;
            on_tcp.run(connection);
        }
    }
    void serve_datagram() {
        Bytes buffer(65535);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t n = recvfrom(udp_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (n < 0) return;
        buffer.resize(static_cast<std::size_t>(n));
        ++datagrams;
        for (const auto& reply : on_udp.run(buffer))
            sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }

    int udp_ = -1, tcp_ = -1;
    int stop_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

} // namespace tutti::net::testing
