#pragma once
// What the DNS client and the NOTIFY listener share: addresses, time limits on sockets, messages over TCP. Every
// blocking call runs its own io_context with one thread, so nothing here needs a lock.
#include "port/dns.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tutti::net {

namespace asio = boost::asio;
using Bytes = std::vector<std::uint8_t>;
using ErrorCode = boost::system::error_code;
using Moment = std::chrono::steady_clock::time_point;

inline Moment moment_after(Duration d) {
    return std::chrono::steady_clock::now() + d;
}

// Unpredictable: it is half of what an off-path attacker must guess (RFC 5452); the kernel picks the source port.
std::uint16_t random_id();

template <class Protocol>
Expected<typename Protocol::endpoint> to_asio(const port::Endpoint& endpoint) {
    ErrorCode ec;
    const auto address = asio::ip::make_address(endpoint.address, ec);
    if (ec) return fail(ErrorKind::invalid, "\"" + endpoint.address + "\" is not an address");
    return typename Protocol::endpoint{address, endpoint.port};
}

template <class AsioEndpoint>
port::Endpoint from_asio(const AsioEndpoint& endpoint) {
    return {endpoint.address().to_string(), endpoint.port()};
}

// Does something to a socket at a moment, unless it goes out of scope before.
class Alarm {
  public:
    Alarm(const asio::any_io_executor& executor, Moment when, std::function<void()> act)
        : timer_(executor, when), armed_(std::make_shared<bool>(true)) {
        timer_.async_wait([armed = armed_, act = std::move(act)](ErrorCode ec) {
            if (!ec && *armed) act(); // it may have been queued before the alarm was gone
        });
    }
    ~Alarm() { *armed_ = false; }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

  private:
    asio::steady_timer timer_;
    std::shared_ptr<bool> armed_;
};

// One TCP connection that carries DNS messages (RFC 7766: two octets of length before each). After the deadline every
// call fails. Errors are `unreachable`; what that means for the operation is for the caller to say.
class TcpStream {
  public:
    explicit TcpStream(asio::io_context& context) : socket_(context) {}
    explicit TcpStream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    asio::awaitable<Expected<void>> connect(const port::Endpoint& server, Moment deadline);
    asio::awaitable<Expected<void>> send(std::span<const std::uint8_t> message, Moment deadline);
    asio::awaitable<Expected<Bytes>> receive(Moment deadline);

  private:
    asio::ip::tcp::socket socket_;
};

// Runs a coroutine to its end and gives back its result; exceptions come through.
template <class T>
T run(asio::io_context& context, asio::awaitable<T> task) {
    std::optional<T> result;
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& e, T value) {
        thrown = e;
        result.emplace(std::move(value));
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
}

} // namespace tutti::net
