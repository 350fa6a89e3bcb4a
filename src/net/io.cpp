#include "net/io.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <stdexcept>

namespace tutti::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// The socket is closed at the deadline, not cancelled: a cancellation between two steps of a read would be lost.
std::function<void()> closes(asio::ip::tcp::socket& socket) {
    return [&socket] {
        ErrorCode ignored;
        socket.close(ignored);
    };
}

std::unexpected<Error> failed(const char* what, ErrorCode ec, Moment deadline) {
    if (std::chrono::steady_clock::now() >= deadline)
        return fail(ErrorKind::unreachable, fmt::format("TCP: no {} in time", what));
    if (ec == asio::error::eof) return fail(ErrorKind::unreachable, "TCP: the server closed the connection");
    return fail(ErrorKind::unreachable, fmt::format("TCP: {}: {}", what, ec.message()));
}

} // namespace

std::uint16_t random_id() {
    std::uint16_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) throw std::runtime_error("getrandom failed");
    return id;
}

asio::awaitable<Expected<void>> TcpStream::connect(const port::Endpoint& server, Moment deadline) {
    const auto endpoint = to_asio<asio::ip::tcp>(server);
    if (!endpoint) co_return std::unexpected(endpoint.error());
    const Alarm alarm{socket_.get_executor(), deadline, closes(socket_)};
    const auto [ec] = co_await socket_.async_connect(*endpoint, kAwait);
    if (ec) co_return failed("connection", ec, deadline);
    ErrorCode ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    co_return Expected<void>{};
}

asio::awaitable<Expected<void>> TcpStream::send(std::span<const std::uint8_t> message, Moment deadline) {
    const std::array<std::uint8_t, 2> length{static_cast<std::uint8_t>(message.size() >> 8),
                                             static_cast<std::uint8_t>(message.size() & 0xff)};
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(length), asio::buffer(message.data(), message.size())};
    const Alarm alarm{socket_.get_executor(), deadline, closes(socket_)};
    const auto [ec, sent] = co_await asio::async_write(socket_, buffers, kAwait);
    if (ec) co_return failed("room to send", ec, deadline);
    co_return Expected<void>{};
}

asio::awaitable<Expected<Bytes>> TcpStream::receive(Moment deadline) {
    const Alarm alarm{socket_.get_executor(), deadline, closes(socket_)};
    std::array<std::uint8_t, 2> length;
    const auto [ec, got] = co_await asio::async_read(socket_, asio::buffer(length), kAwait);
    if (ec) co_return failed("answer", ec, deadline);
    Bytes message(static_cast<std::size_t>(length[0] << 8 | length[1]));
    const auto [ec2, got2] = co_await asio::async_read(socket_, asio::buffer(message), kAwait);
    if (ec2) co_return failed("whole answer", ec2, deadline);
    co_return message;
}

} // namespace tutti::net
