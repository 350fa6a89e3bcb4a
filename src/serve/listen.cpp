#include "serve/listen.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tutti::serve {

namespace asio = boost::asio;

namespace {

using Local = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;

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

} // namespace

Expected<Local::acceptor> listen_local(asio::io_context& io, const std::string& path) {
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

Expected<Tcp::acceptor> listen_tcp(asio::io_context& io, const port::Endpoint& at) {
    boost::system::error_code ec;
    const Tcp::endpoint endpoint(asio::ip::make_address(at.address), at.port);
    Tcp::acceptor out(io);
    out.open(endpoint.protocol(), ec);
    if (!ec) out.set_option(Tcp::acceptor::reuse_address(true), ec);
    if (!ec && endpoint.address().is_v6()) out.set_option(asio::ip::v6_only(true), ec);
    if (!ec) out.bind(endpoint, ec);
    if (!ec) out.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        return fail(ErrorKind::internal, "cannot listen (" + ec.message() + ")", at.text(),
                    "the address must be of this machine, and the port free");
    return out;
}

Expected<std::unique_ptr<asio::ssl::context>> make_tls(const std::string& certificate, const std::string& key) {
    boost::system::error_code ec;
    auto out = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    ::SSL_CTX_set_min_proto_version(out->native_handle(), TLS1_3_VERSION);
    out->use_certificate_chain_file(certificate, ec);
    if (ec)
        return fail(ErrorKind::invalid, "the certificate cannot be used (" + ec.message() + ")", certificate,
                    "a PEM file with the certificate first, then those between it and the root");
    out->use_private_key_file(key, asio::ssl::context::pem, ec);
    if (ec)
        return fail(ErrorKind::invalid, "the key cannot be used (" + ec.message() + ")", key,
                    "a PEM file, readable for this user, with the key of the certificate");
    return out;
}

bool is_loopback(const port::Endpoint& at) {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(at.address, ec);
    return !ec && address.is_loopback();
}

} // namespace tutti::serve
