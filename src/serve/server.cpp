#include "serve/server.hpp"

#include "serve/session.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace tutti::serve {

namespace {

using Local = asio::local::stream_protocol;

// A socket file that nobody listens at is a leftover of a process that was killed.
Expected<void> clear_leftover(const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return {};
    if (!S_ISSOCK(info.st_mode))
        return fail(ErrorKind::invalid, "there is a file that is no socket", path, "name another path for the socket");
    asio::io_context io;
    Local::socket probe(io);
    boost::system::error_code ec;
    probe.connect(Local::endpoint(path), ec);
    if (!ec)
        return fail(ErrorKind::conflict, "another daemon answers at this socket", path,
                    "stop it, or use another socket");
    ::unlink(path.c_str());
    return {};
}

Expected<Local::acceptor> listen(asio::io_context& io, const std::string& path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fail(ErrorKind::invalid, "the path of the socket is too long", path, "at most 107 octets");
    if (auto ok = clear_leftover(path); !ok) return std::unexpected(ok.error());
    boost::system::error_code ec;
    Local::acceptor out(io);
    out.open(Local(), ec);
    // Never open to others, not even for a moment.
    const auto before = ::umask(0177);
    if (!ec) out.bind(Local::endpoint(path), ec);
    ::umask(before);
    if (!ec) out.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        return fail(ErrorKind::internal, "cannot listen (" + ec.message() + ")", path,
                    "the folder must exist and be writable for this user");
    return out;
}

} // namespace

struct Server::Inside {
    Inside(const Router& router, EventHub& events, ServerOptions o)
        : options(std::move(o)), io(static_cast<int>(options.io_threads)), handlers(options.handlers), acceptor(io),
          shared{router, events, handlers, {}, options.streams_max} {}

    asio::awaitable<void> accept() {
        for (;;) {
            auto [ec, socket] =
                co_await acceptor.async_accept(asio::make_strand(io), asio::as_tuple(asio::use_awaitable));
            if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
            if (ec) { // out of descriptors: give those in use time to end
                asio::steady_timer pause(io, std::chrono::milliseconds(100));
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            auto executor = socket.get_executor();
            asio::co_spawn(executor, serve_connection(std::move(socket), shared), asio::detached);
        }
    }

    ServerOptions options;
    asio::io_context io;
    asio::thread_pool handlers;
    Local::acceptor acceptor;
    Shared shared;
    std::vector<std::jthread> threads;
};

Server::Server(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Expected<std::unique_ptr<Server>> Server::start(const Router& router, EventHub& events, ServerOptions options) {
    auto inside = std::make_unique<Inside>(router, events, std::move(options));
    auto acceptor = listen(inside->io, inside->options.socket);
    if (!acceptor) return std::unexpected(acceptor.error());
    inside->acceptor = *std::move(acceptor);
    asio::co_spawn(inside->io, inside->accept(), asio::detached);
    for (std::size_t i = 0; i < inside->options.io_threads; ++i)
        inside->threads.emplace_back([io = &inside->io] { io->run(); });
    return std::unique_ptr<Server>(new Server(std::move(inside)));
}

Server::~Server() {
    auto& in = *inside_;
    asio::post(in.io, [&in] { in.acceptor.close(); });
    in.shared.stopping = true;
    in.handlers.join();
    in.io.stop();
    in.threads.clear();
    std::error_code ignored;
    std::filesystem::remove(in.options.socket, ignored);
}

} // namespace tutti::serve
