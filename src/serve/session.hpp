#pragma once
// One connection: requests one after the other, or an event stream until the reader goes.
#include "serve/event_hub.hpp"
#include "serve/gate.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <atomic>

namespace tutti::serve {

namespace asio = boost::asio;

// What is not of the API, by its path: pages. Nothing: there is none.
using Pages = std::function<std::optional<Response>(const std::string& path)>;

struct Limits {
    std::size_t body = 1024 * 1024;
    std::uint32_t header = 16 * 1024;
    std::chrono::milliseconds idle = std::chrono::seconds(60);    // between requests
    std::chrono::milliseconds request = std::chrono::seconds(20); // from its first octet to its last one
    std::chrono::milliseconds write = std::chrono::seconds(60);   // for a reader that does not read
    std::chrono::milliseconds handshake = std::chrono::seconds(10);
    std::chrono::milliseconds beat = std::chrono::seconds(15); // a stream says that it lives
};

struct Shared { // by all connections of a server
    Gate& gate;
    EventHub& events;
    Pages pages;
    asio::thread_pool& handlers;
    std::size_t streams_max;
    Limits limits;
    std::atomic<std::size_t> streams = 0;
    std::atomic<bool> stopping = false;
};

struct Peer {
    std::string address; // empty: the Unix socket
    bool local = false;
};

using Tls = asio::ssl::stream<asio::ip::tcp::socket>;

asio::awaitable<void> serve_connection(asio::local::stream_protocol::socket socket, Peer peer, Shared& shared);
asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, Peer peer, Shared& shared);
asio::awaitable<void> serve_connection(Tls socket, Peer peer, Shared& shared);

} // namespace tutti::serve
