#include "net/dns_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace tutti::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxDatagram = 4096; // EDNS allows 1232; more than this is no answer to us

// What is wrong with a message as an answer; empty: nothing.
std::string mismatch(const dns::Message& message, const Expectation& expected) {
    if (!message.response) return "a question instead of an answer";
    if (message.id != expected.id) return fmt::format("the answer has id {}, not {}", message.id, expected.id);
    if (message.opcode != expected.opcode) return fmt::format("the answer has opcode {}", message.opcode);
    // Some servers say FORMERR or NOTIMP with a header alone.
    if (!message.question && message.rcode != dns::Rcode::noerror) return {};
    if (!message.question) return "the answer does not repeat the question";
    if (*message.question != expected.question)
        return fmt::format("the answer is to another question: {} {}", message.question->name.text(),
                           dns::to_string(message.question->type));
    return {};
}

// What has come in so far on a socket that only hears one server.
struct Heard {
    bool refused = false;  // ICMP: nobody listens on the port
    std::string unfitting; // why the last message was no answer
};

// Waits for an answer until `until`; nothing if none came.
asio::awaitable<std::optional<dns::Message>> listen(asio::ip::udp::socket& socket, Bytes& buffer,
                                                    const Expectation& expected, Moment until, Heard& heard) {
    const Alarm alarm{socket.get_executor(), until, [&socket] {
                          ErrorCode ignored;
                          socket.cancel(ignored);
                      }};
    // The time is looked at before each wait: a cancellation that comes between two waits is lost.
    while (std::chrono::steady_clock::now() < until) {
        const auto [ec, size] = co_await socket.async_receive(asio::buffer(buffer), kAwait);
        if (ec == asio::error::operation_aborted) break;
        if (ec) {
            heard.refused = ec == asio::error::connection_refused;
            heard.unfitting = heard.refused ? "" : ec.message();
            break;
        }
        auto message = dns::parse_message({buffer.data(), size});
        heard.unfitting = message ? mismatch(*message, expected) : message.error().seen;
        // Whatever does not fit may be forged, or be the answer to an earlier question: keep listening (RFC 5452).
        if (message && heard.unfitting.empty()) co_return std::move(*message);
    }
    co_return std::nullopt;
}

std::unexpected<Error> no_answer(const Heard& heard, const port::Endpoint& server, std::size_t tries) {
    if (heard.refused)
        return fail(ErrorKind::unreachable, "UDP: connection refused: nothing listens there", server.text());
    if (!heard.unfitting.empty())
        return fail(ErrorKind::bad_answer, fmt::format("UDP: no fitting answer: {}", heard.unfitting), server.text());
    return fail(ErrorKind::unreachable, fmt::format("UDP: no answer to {} {}", tries, tries == 1 ? "try" : "tries"),
                server.text());
}

} // namespace

asio::awaitable<void> pause(asio::io_context& context, Moment until) {
    asio::steady_timer timer{context, until};
    (void)co_await timer.async_wait(kAwait);
}

asio::awaitable<Expected<dns::Message>> exchange_udp(asio::io_context& context, const port::Endpoint& server,
                                                     std::span<const std::uint8_t> wire, Expectation expected,
                                                     const DnsClientOptions& options, Moment deadline) {
    const auto endpoint = to_asio<asio::ip::udp>(server);
    if (!endpoint) co_return std::unexpected(endpoint.error());
    asio::ip::udp::socket socket{context};
    ErrorCode ec;
    socket.open(endpoint->protocol(), ec);
    if (ec) co_return fail(ErrorKind::internal, fmt::format("no socket: {}", ec.message()), server.text());
    // Connected: the kernel drops what comes from anywhere else, and picks a random port of our own.
    socket.connect(*endpoint, ec);
    if (ec) co_return fail(ErrorKind::unreachable, fmt::format("UDP: {}", ec.message()), server.text());
    Bytes buffer(kMaxDatagram);
    Heard heard;
    std::size_t tries = 0;
    for (const Duration wait : options.udp_waits) {
        if (std::chrono::steady_clock::now() >= deadline) break;
        ++tries;
        heard.refused = false;
        socket.send(asio::buffer(wire.data(), wire.size()), 0, ec); // never blocks for a datagram of this size
        if (ec == asio::error::connection_refused) socket.send(asio::buffer(wire.data(), wire.size()), 0, ec);
        if (auto message = co_await listen(socket, buffer, expected, std::min(moment_after(wait), deadline), heard))
            co_return std::move(*message);
        // A server that restarts refuses for a moment; one that is gone refuses every try.
        if (heard.refused) co_await pause(context, std::min(moment_after(kAfterRefusal), deadline));
    }
    co_return no_answer(heard, server, tries);
}

asio::awaitable<Expected<dns::Message>> exchange_tcp(asio::io_context& context, const port::Endpoint& server,
                                                     std::span<const std::uint8_t> wire, Expectation expected,
                                                     Moment deadline) {
    const auto at = [&](Error error) {
        error.where = server.text();
        return std::unexpected(std::move(error));
    };
    TcpStream stream{context};
    if (auto ok = co_await stream.connect(server, deadline); !ok) co_return at(ok.error());
    if (auto ok = co_await stream.send(wire, deadline); !ok) co_return at(ok.error());
    const auto reply = co_await stream.receive(deadline);
    if (!reply) co_return at(reply.error());
    auto message = dns::parse_message(*reply);
    if (!message) co_return at(message.error());
    if (const auto why = mismatch(*message, expected); !why.empty())
        co_return fail(ErrorKind::bad_answer, "TCP: " + why, server.text());
    co_return std::move(*message);
}

} // namespace tutti::net
