#pragma once
// UDP sockets for one vantage point: several for each family, each on a port of its own that the kernel picks at
// random, so that the port is something to guess, too (RFC 5452). Datagrams go out and come in many to a system call.
#include "scan/address.hpp"
#include "scan/query.hpp"

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tutti::scan {

class UdpPool {
  public:
    static constexpr int kBatch = 64;

    // `source`: an address of this machine; empty: the kernel chooses, for both families.
    static Expected<UdpPool> open(const std::string& source, int sockets_per_family);
    UdpPool(UdpPool&&) noexcept;
    ~UdpPool();
    UdpPool(const UdpPool&) = delete;
    UdpPool& operator=(const UdpPool&) = delete;

    // For epoll: the number of each socket is its place here.
    std::span<const int> sockets() const { return fds_; }

    // The socket that the following datagrams to this family leave by; another one after each flush(). -1: none.
    int outgoing(bool v6) const { return chosen_[v6 ? 1 : 0]; }
    // The octets must stay where they are until flush(). `cookie` comes back if it cannot be sent.
    void send(const SocketAddress& to, Octets message, std::uint32_t cookie);
    bool full() const { return queued_[0] == kBatch || queued_[1] == kBatch; }
    // Calls `failed(cookie, errno)` for each that cannot be sent.
    void flush(Randomness& random, const std::function<void(std::uint32_t, int)>& failed);

    // What has come to this socket, at most kBatch datagrams; returns how many. Those that did not fit into the buffer
    // are left out: no answer to a question of ours is that large.
    using Each = std::function<void(const SocketAddress& from, Octets message)>;
    int receive(std::size_t socket, const Each& each);

  private:
    struct Buffers;
    UdpPool();
    Expected<void> add(const std::string& source, bool v6, int count);
    void choose(bool v6, Randomness& random);

    std::vector<int> fds_;
    std::size_t v4_count_ = 0; // the first ones are IPv4
    int chosen_[2] = {-1, -1};
    int queued_[2] = {0, 0};
    std::unique_ptr<Buffers> buffers_;
};

} // namespace tutti::scan
