#pragma once
// One connection: requests one after the other, or an event stream until the reader goes.
#include "serve/event_hub.hpp"
#include "serve/router.hpp"

#include <boost/asio.hpp>

#include <atomic>

namespace tutti::serve {

namespace asio = boost::asio;

struct Shared { // by all connections of a server
    const Router& router;
    EventHub& events;
    asio::thread_pool& handlers;
    std::atomic<std::size_t> streams;
    std::size_t streams_max;
    std::atomic<bool> stopping = false;
};

asio::awaitable<void> serve_connection(asio::local::stream_protocol::socket socket, Shared& shared);

} // namespace tutti::serve
