#include "scan/udp_pool.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tutti::scan {

namespace {

constexpr std::size_t kDatagram = 2048; // we offer 1232
constexpr int kSocketBuffer = 4 << 20;  // answers to a whole window may come at once

} // namespace

struct UdpPool::Buffers {
    struct Side {
        std::array<mmsghdr, kBatch> heads{};
        std::array<iovec, kBatch> parts{};
        std::array<SocketAddress, kBatch> peers{};
        std::array<std::uint32_t, kBatch> cookies{};
    };
    std::array<Side, 2> out;
    Side in;
    std::array<std::array<std::uint8_t, kDatagram>, kBatch> octets;

    Buffers() {
        for (auto& side : out) wire(side);
        wire(in);
        for (std::size_t i = 0; i < kBatch; ++i) in.parts[i] = {octets[i].data(), kDatagram};
    }
    static void wire(Side& side) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            auto& h = side.heads[i].msg_hdr;
            h.msg_iov = &side.parts[i];
            h.msg_iovlen = 1;
            h.msg_name = &side.peers[i].any;
            h.msg_namelen = sizeof(sockaddr_in6);
        }
    }
};

UdpPool::UdpPool() : buffers_(std::make_unique<Buffers>()) {}

UdpPool::UdpPool(UdpPool&& other) noexcept = default; // the vector of sockets is left empty

UdpPool::~UdpPool() {
    for (const int fd : fds_) close(fd);
}

Expected<void> UdpPool::add(const std::string& source, bool v6, int count) {
    auto local = socket_address(source.empty() ? (v6 ? "::" : "0.0.0.0") : source, 0);
    if (!local) return std::unexpected(local.error());
    for (int i = 0; i < count; ++i) {
        const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
            return fail(ErrorKind::internal, fmt::format("no UDP socket: {}", std::strerror(errno)), source,
                        "raise the limit on open files (ulimit -n)");
        fds_.push_back(fd);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
        const int only = 1;
        if (v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
        if (bind(fd, &local->any, local->size()) != 0)
            return fail(ErrorKind::invalid, fmt::format("cannot send from there: {}", std::strerror(errno)), source,
                        "give an address of this machine");
    }
    return {};
}

Expected<UdpPool> UdpPool::open(const std::string& source, int sockets_per_family) {
    UdpPool pool;
    bool v4 = source.empty(), v6 = source.empty();
    if (!source.empty()) {
        const auto address = socket_address(source, 0);
        if (!address) return std::unexpected(address.error());
        (address->is_v6() ? v6 : v4) = true;
    }
    if (v4)
        if (auto ok = pool.add(source, false, sockets_per_family); !ok) return std::unexpected(ok.error());
    pool.v4_count_ = pool.fds_.size();
    // A machine without IPv6 is fine as long as IPv6 was not asked for by name.
    if (v6)
        if (auto ok = pool.add(source, true, sockets_per_family); !ok && !source.empty())
            return std::unexpected(ok.error());
    Randomness random;
    pool.choose(false, random);
    pool.choose(true, random);
    return pool;
}

void UdpPool::choose(bool v6, Randomness& random) {
    const std::size_t first = v6 ? v4_count_ : 0, count = v6 ? fds_.size() - v4_count_ : v4_count_;
    chosen_[v6 ? 1 : 0] = count == 0 ? -1 : static_cast<int>(first + random.below(static_cast<std::uint32_t>(count)));
}

void UdpPool::send(const SocketAddress& to, Octets message, std::uint32_t cookie) {
    auto& side = buffers_->out[to.is_v6() ? 1 : 0];
    const auto i = static_cast<std::size_t>(queued_[to.is_v6() ? 1 : 0]++);
    side.peers[i] = to;
    side.heads[i].msg_hdr.msg_namelen = to.size();
    // The kernel only reads them.
    side.parts[i] = {const_cast<std::uint8_t*>(message.data()), message.size()};
    side.cookies[i] = cookie;
}

void UdpPool::flush(Randomness& random, const std::function<void(std::uint32_t, int)>& failed) {
    for (std::size_t family = 0; family < 2; ++family) {
        auto& side = buffers_->out[family];
        const int count = queued_[family];
        if (count == 0) continue;
        const int fd = fds_[static_cast<std::size_t>(chosen_[family])];
        for (int done = 0; done < count;) {
            const int n = sendmmsg(fd, side.heads.data() + done, static_cast<unsigned>(count - done), 0);
            if (n > 0) {
                done += n;
            } else if (errno == EAGAIN || errno == ENOBUFS) { // the card is busy: there is room again in a moment
                pollfd waiting{fd, POLLOUT, 0};
                poll(&waiting, 1, 10);
            } else if (errno != EINTR) { // this one datagram cannot be sent
                failed(side.cookies[static_cast<std::size_t>(done)], errno);
                ++done;
            }
        }
        queued_[family] = 0;
        choose(family == 1, random);
    }
}

int UdpPool::receive(std::size_t socket, const Each& each) {
    auto& side = buffers_->in;
    for (auto& head : side.heads) head.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    const int n = recvmmsg(fds_[socket], side.heads.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        if ((side.heads[k].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
        each(side.peers[k], {buffers_->octets[k].data(), side.heads[k].msg_len});
    }
    return n < 0 ? 0 : n;
}

} // namespace tutti::scan
