#pragma once
// One question, one answer: over UDP with retries, over TCP. The rules for what counts as an answer are here.
#include "net/dns_client.hpp"
#include "net/io.hpp"

namespace tutti::net {

// What an answer must repeat.
struct Expectation {
    std::uint16_t id;
    std::uint8_t opcode;
    dns::Question question;
};

// Sends `wire` until an answer fits or the time is over. `bad_answer` if only unfitting answers came.
asio::awaitable<Expected<dns::Message>> exchange_udp(asio::io_context& context, const port::Endpoint& server,
                                                     std::span<const std::uint8_t> wire, Expectation expected,
                                                     const DnsClientOptions& options, Moment deadline);
inline constexpr Duration kAfterRefusal = std::chrono::milliseconds{100}; // then once more: a server may restart
asio::awaitable<void> pause(asio::io_context& context, Moment until);
asio::awaitable<Expected<dns::Message>> exchange_tcp(asio::io_context& context, const port::Endpoint& server,
                                                     std::span<const std::uint8_t> wire, Expectation expected,
                                                     Moment deadline);

} // namespace tutti::net
