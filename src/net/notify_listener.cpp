#include "net/notify_listener.hpp"

#include "net/io.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <thread>

namespace tutti::net {

namespace {

using asio::ip::tcp;
using asio::ip::udp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kMaxConnections = 64, kMaxMessagesPerConnection = 100;
constexpr Duration kIdle = seconds(5);
constexpr std::size_t kMaxDatagram = 4096;

class Listener final : public NotifyListener {
  public:
    explicit Listener(NotifyHandler handler) : handler_(std::move(handler)) {}
    ~Listener() override { stop(); }

    Expected<void> open(port::Endpoint endpoint) {
        const auto udp_endpoint = to_asio<udp>(endpoint);
        if (!udp_endpoint) return std::unexpected(udp_endpoint.error());
        udp::socket socket{context_};
        tcp::acceptor acceptor{context_};
        ErrorCode ec;
        socket.open(udp_endpoint->protocol(), ec);
        if (!ec) socket.bind(*udp_endpoint, ec);
        if (!ec) endpoint.port = socket.local_endpoint(ec).port();
        const tcp::endpoint tcp_endpoint{udp_endpoint->address(), endpoint.port};
        if (!ec) acceptor.open(tcp_endpoint.protocol(), ec);
        if (!ec) acceptor.set_option(tcp::acceptor::reuse_address{true}, ec);
        if (!ec) acceptor.bind(tcp_endpoint, ec);
        if (!ec) acceptor.listen(kMaxConnections, ec);
        if (ec)
            return fail(ErrorKind::unreachable, fmt::format("cannot listen for NOTIFY: {}", ec.message()),
                        endpoint.text(), "Choose an address of this machine and a port that is free and allowed");
        endpoints_.push_back(endpoint);
        // The sockets live in the coroutines, and go with the context.
        asio::co_spawn(context_, serve_udp(std::move(socket)), asio::detached);
        asio::co_spawn(context_, accept(std::move(acceptor)), asio::detached);
        return {};
    }

    void run() {
        thread_ = std::jthread{[this] { context_.run(); }};
    }

    std::vector<port::Endpoint> endpoints() const override { return endpoints_; }

    void stop() override {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

  private:
    asio::awaitable<void> serve_udp(udp::socket socket) {
        Bytes buffer(kMaxDatagram);
        for (;;) {
            udp::endpoint source;
            const auto [ec, size] = co_await socket.async_receive_from(asio::buffer(buffer), source, kAwait);
            if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
            if (ec) continue;
            ErrorCode ignored;
            if (const auto reply = answer_notify({buffer.data(), size}, from_asio(source), handler_))
                socket.send_to(asio::buffer(*reply), source, 0, ignored);
        }
    }

    asio::awaitable<void> accept(tcp::acceptor acceptor) {
        for (;;) {
            auto [ec, socket] = co_await acceptor.async_accept(kAwait);
            if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
            if (ec) { // out of file descriptors, say: without a pause this would spin
                asio::steady_timer pause{context_, std::chrono::milliseconds{100}};
                (void)co_await pause.async_wait(kAwait);
            } else if (connections_ < kMaxConnections) {
                asio::co_spawn(context_, serve_tcp(std::move(socket)), asio::detached);
            }
        }
    }

    asio::awaitable<void> serve_tcp(tcp::socket socket) {
        ErrorCode ec;
        const port::Endpoint source = from_asio(socket.remote_endpoint(ec));
        if (ec) co_return;
        const Guest guest{connections_};
        TcpStream stream{std::move(socket)};
        for (int i = 0; i < kMaxMessagesPerConnection; ++i) {
            const auto request = co_await stream.receive(moment_after(kIdle));
            if (!request) co_return;
            const auto reply = answer_notify(*request, source, handler_);
            if (!reply || !co_await stream.send(*reply, moment_after(kIdle))) co_return;
        }
    }

    struct Guest {
        int& count;
        explicit Guest(int& connections) : count(connections) { ++count; }
        ~Guest() { --count; }
        Guest(const Guest&) = delete;
        Guest& operator=(const Guest&) = delete;
    };

    NotifyHandler handler_;
    std::vector<port::Endpoint> endpoints_;
    int connections_ = 0;
    asio::io_context context_{1}; // its destructor ends the coroutines, which use what is above
    std::jthread thread_;
};

} // namespace

Expected<std::unique_ptr<NotifyListener>> NotifyListener::start(std::span<const port::Endpoint> endpoints,
                                                                NotifyHandler handler) {
    auto listener = std::make_unique<Listener>(std::move(handler));
    for (const auto& endpoint : endpoints)
        if (auto ok = listener->open(endpoint); !ok) return std::unexpected(ok.error());
    listener->run();
    return listener;
}

} // namespace tutti::net
