#include "serve/server.hpp"

#include "serve/listen.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <thread>

namespace tutti::serve {

namespace {

using Local = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;

// Whoever reaches the socket could open the database as well: this user, and root.
bool is_trusted(Local::socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

std::string address_of(const Tcp::socket& socket) {
    boost::system::error_code ec;
    const auto from = socket.remote_endpoint(ec);
    return ec ? "unknown" : from.address().to_string();
}

// How many connections each address has.
class Crowd {
  public:
    Crowd(std::size_t most, std::size_t each) : most_(most), each_(each) {}
    bool enter(const std::string& address) {
        const std::lock_guard guard(mutex_);
        if (all_ >= most_) return false;
        auto& here = of_[address];
        if (here >= each_) return false;
        ++here;
        ++all_;
        return true;
    }
    void leave(const std::string& address) {
        const std::lock_guard guard(mutex_);
        --all_;
        if (--of_[address] == 0) of_.erase(address);
    }

  private:
    const std::size_t most_, each_;
    std::mutex mutex_;
    std::size_t all_ = 0;
    std::map<std::string, std::size_t> of_;
};

asio::awaitable<void> pause(asio::io_context& io) { // out of descriptors: give those in use time to end
    asio::steady_timer timer(io, std::chrono::milliseconds(100));
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

} // namespace

struct Server::Inside {
    Inside(Gate& gate, EventHub& events, Pages pages, ServerOptions o)
        : options(std::move(o)), io(static_cast<int>(options.io_threads)), handlers(options.handlers), local(io),
          crowd(options.connections, options.connections_per_address),
          shared{gate, events, std::move(pages), handlers, options.streams_max, options.limits} {}

    // Sockets of each kind, until the acceptor is closed. `welcome` serves one.
    template <class Acceptor, class Welcome>
    asio::awaitable<void> accept(Acceptor& acceptor, Welcome welcome) {
        for (;;) {
            auto [ec, socket] =
                co_await acceptor.async_accept(asio::make_strand(io), asio::as_tuple(asio::use_awaitable));
            if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
            if (ec)
                co_await pause(io);
            else
                welcome(std::move(socket));
        }
    }

    void welcome_local(Local::socket socket) {
        const Peer peer{"", is_trusted(socket)};
        const auto executor = socket.get_executor();
        asio::co_spawn(executor, serve_connection(std::move(socket), peer, shared), asio::detached);
    }

    void welcome_tcp(Tcp::socket socket) {
        const auto address = address_of(socket);
        if (!crowd.enter(address)) return; // which closes it
        boost::system::error_code ignored;
        socket.set_option(Tcp::no_delay(true), ignored);
        const auto executor = socket.get_executor();
        const auto left = [this, address](const std::exception_ptr&) { crowd.leave(address); };
        if (tls)
            asio::co_spawn(executor, serve_connection(Tls(std::move(socket), *tls), {address, false}, shared), left);
        else
            asio::co_spawn(executor, serve_connection(std::move(socket), {address, false}, shared), left);
    }

    Expected<void> open() {
        if (!options.certificate.empty()) {
            auto made = make_tls(options.certificate, options.key);
            if (!made) return std::unexpected(made.error());
            tls = *std::move(made);
        }
        for (const auto& at : options.listen) {
            if (!tls && !is_loopback(at))
                return fail(ErrorKind::invalid, "without TLS only loopback addresses are allowed", at.text(),
                            "set certificate and key in [api]");
            auto acceptor = listen_tcp(io, at);
            if (!acceptor) return std::unexpected(acceptor.error());
            tcp.push_back(*std::move(acceptor));
        }
        auto acceptor = listen_local(io, options.socket);
        if (!acceptor) return std::unexpected(acceptor.error());
        local = *std::move(acceptor);
        return {};
    }

    void begin() {
        asio::co_spawn(io, accept(local, [this](auto socket) { welcome_local(std::move(socket)); }), asio::detached);
        for (auto& acceptor : tcp)
            asio::co_spawn(io, accept(acceptor, [this](auto socket) { welcome_tcp(std::move(socket)); }),
                           asio::detached);
        for (std::size_t i = 0; i < options.io_threads; ++i) threads.emplace_back([this] { io.run(); });
    }

    ServerOptions options;
    asio::io_context io;
    asio::thread_pool handlers;
    Local::acceptor local;
    std::vector<Tcp::acceptor> tcp;
    std::unique_ptr<asio::ssl::context> tls;
    Crowd crowd;
    Shared shared;
    std::vector<std::jthread> threads;
};

Server::Server(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Expected<std::unique_ptr<Server>> Server::start(Gate& gate, EventHub& events, Pages pages, ServerOptions options) {
    auto inside = std::make_unique<Inside>(gate, events, std::move(pages), std::move(options));
    if (auto ok = inside->open(); !ok) return std::unexpected(ok.error());
    inside->begin();
    return std::unique_ptr<Server>(new Server(std::move(inside)));
}

Server::~Server() {
    auto& in = *inside_;
    asio::post(in.io, [&in] {
        in.local.close();
        for (auto& acceptor : in.tcp) acceptor.close();
    });
    in.shared.stopping = true;
    in.handlers.join();
    in.io.stop();
    in.threads.clear();
    std::error_code ignored;
    std::filesystem::remove(in.options.socket, ignored);
}

} // namespace tutti::serve
