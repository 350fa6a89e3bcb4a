#include "scan/tcp_pool.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tutti::scan {

TcpPool::~TcpPool() {
    for (const auto& [fd, c] : connections_) close(fd);
}

int TcpPool::start(const SocketAddress& to, const std::string& source, Octets message, std::uint32_t cookie) {
    const int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto local = socket_address(source, 0);
    if ((local && bind(fd, &local->any, local->size()) != 0) ||
        (connect(fd, &to.any, to.size()) != 0 && errno != EINPROGRESS)) {
        const int why = errno;
        close(fd);
        return why;
    }
    Connection c;
    c.cookie = cookie;
    c.out = {static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size() & 0xff)};
    c.out.insert(c.out.end(), message.begin(), message.end());
    c.in.resize(2);
    epoll_event event{EPOLLIN | EPOLLOUT, {}};
    event.data.u64 = base_ + static_cast<std::uint64_t>(fd);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        const int why = errno;
        close(fd);
        return why;
    }
    connections_.emplace(fd, std::move(c));
    by_cookie_[cookie] = fd;
    return 0;
}

void TcpPool::drop(int fd) {
    by_cookie_.erase(connections_.at(fd).cookie);
    connections_.erase(fd);
    close(fd); // leaves epoll, too
}

void TcpPool::stop(std::uint32_t cookie) {
    if (const auto it = by_cookie_.find(cookie); it != by_cookie_.end()) drop(it->second);
}

// Both return true when the conversation is over.
bool TcpPool::write_some(int fd, Connection& c, const char*& problem) {
    while (c.sent < c.out.size()) {
        const ssize_t n = send(fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) return false;
            problem = std::strerror(errno);
            return true;
        }
        c.sent += static_cast<std::size_t>(n);
    }
    epoll_event event{EPOLLIN, {}};
    event.data.u64 = base_ + static_cast<std::uint64_t>(fd);
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
    return false;
}

bool TcpPool::read_some(int fd, Connection& c, const char*& problem) {
    for (;;) {
        const ssize_t n = recv(fd, c.in.data() + c.got, c.in.size() - c.got, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (n <= 0) {
            problem = n == 0 ? "the server closed the connection" : std::strerror(errno);
            return true;
        }
        c.got += static_cast<std::size_t>(n);
        if (c.got < c.in.size()) continue;
        if (c.in.size() > 2) return true;
        const std::size_t length = static_cast<std::size_t>(c.in[0] << 8 | c.in[1]);
        if (length == 0) {
            problem = "an empty message";
            return true;
        }
        c.in.resize(2 + length);
    }
}

void TcpPool::handle(int fd, const Done& done) {
    const auto it = connections_.find(fd);
    if (it == connections_.end()) return;
    const char* problem = nullptr;
    Connection& c = it->second;
    if (!(c.sent < c.out.size() && write_some(fd, c, problem)) && !read_some(fd, c, problem)) return;
    const Connection finished = std::move(c);
    connections_[fd].cookie = finished.cookie;
    drop(fd);
    const Octets all{finished.in};
    done(finished.cookie, problem == nullptr ? all.subspan(2) : Octets{}, problem);
}

} // namespace tutti::scan
