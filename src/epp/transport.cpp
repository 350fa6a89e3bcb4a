#include "epp/transport.hpp"

#include "epp/frame.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <optional>

namespace tutti::epp {

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// Not before the whole frame is in the kernel's hands does a write succeed. What came back before is only part of it.
class TlsTransport : public Transport {
  public:
    TlsTransport(const TlsSettings& settings, ssl::context tls)
        : where_(settings.text()), tls_(std::move(tls)), stream_(context_, tls_), reader_(settings.max_frame) {}
    ~TlsTransport() override {
        ErrorCode ignored;
        stream_.lowest_layer().close(ignored);
    }

    Expected<void> open(const TlsSettings& settings, Duration limit);
    Expected<void> send(std::string_view xml, Duration limit) override;
    Expected<std::string> receive(Duration limit) override;
    bool stale() override;

  private:
    // Starts something, and waits until it has called back or the time is over. Nothing: the time is over, all is
    // closed.
    template <class Start, class Cancel>
    std::optional<ErrorCode> timed(Start start, Cancel cancel, std::chrono::steady_clock::time_point deadline) {
        std::optional<ErrorCode> result;
        start([&result](ErrorCode ec, auto&&...) { result = ec; });
        context_.restart();
        context_.run_until(deadline);
        if (result) return result;
        cancel();
        context_.restart();
        context_.run();
        return std::nullopt;
    }
    template <class Start>
    std::optional<ErrorCode> timed(Start start, std::chrono::steady_clock::time_point deadline) {
        return timed(std::move(start), [this] { close(); }, deadline);
    }
    void close() {
        ErrorCode ignored;
        stream_.lowest_layer().close(ignored);
    }
    Expected<void> name_the_server(const TlsSettings& settings);
    std::unexpected<Error> failed(const std::string& what, const std::optional<ErrorCode>& ec) const {
        return fail(ErrorKind::unreachable, fmt::format("{}: {}", what, ec ? ec->message() : "no answer in time"),
                    where_);
    }
    std::unexpected<Error> handshake_failed(const std::optional<ErrorCode>& ec);

    std::string where_;
    asio::io_context context_;
    ssl::context tls_;
    ssl::stream<tcp::socket> stream_;
    FrameReader reader_;
    std::array<char, 16384> buffer_{};
};

std::chrono::steady_clock::time_point after(Duration limit) {
    return std::chrono::steady_clock::now() + limit;
}

// RFC 5734 9, RFC 6125: the name that was configured, never one that the server tells.
Expected<void> TlsTransport::name_the_server(const TlsSettings& settings) {
    const std::string& name = settings.server_name.empty() ? settings.host : settings.server_name;
    SSL* handle = stream_.native_handle();
    ErrorCode ec;
    asio::ip::make_address(name, ec);
    const bool is_name = static_cast<bool>(ec);
    const int done = is_name ? SSL_set1_host(handle, name.c_str())
                             : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), name.c_str());
    if (is_name) SSL_set_tlsext_host_name(handle, name.c_str());
    if (done != 1) return fail(ErrorKind::invalid, fmt::format("\"{}\" is no name of a server", name), where_);
    return {};
}

std::unexpected<Error> TlsTransport::handshake_failed(const std::optional<ErrorCode>& ec) {
    const long verdict = SSL_get_verify_result(stream_.native_handle());
    if (verdict == X509_V_OK) return failed("the TLS handshake failed", ec);
    return fail(ErrorKind::auth,
                fmt::format("the certificate of the server is not taken: {}", X509_verify_cert_error_string(verdict)),
                where_, "check the CA file and the name in the certificate (server_name)");
}

Expected<void> TlsTransport::open(const TlsSettings& settings, Duration limit) {
    if (auto named = name_the_server(settings); !named) return named;
    const auto deadline = after(limit);
    tcp::resolver resolver{context_};
    tcp::resolver::results_type found;
    auto ec = timed(
        [&](auto done) {
            resolver.async_resolve(settings.host, std::to_string(settings.port),
                                   [&found, done](ErrorCode e, tcp::resolver::results_type r) mutable {
                                       found = std::move(r);
                                       done(e);
                                   });
        },
        [&] { resolver.cancel(); }, deadline);
    if (!ec || *ec) return failed("the name of the server has no address", ec);
    ec = timed([&](auto done) { asio::async_connect(stream_.lowest_layer(), found, done); }, deadline);
    if (!ec || *ec) return failed("no connection", ec);
    ErrorCode ignored;
    stream_.lowest_layer().set_option(tcp::no_delay{true}, ignored);
    ec = timed([&](auto done) { stream_.async_handshake(ssl::stream_base::client, done); }, deadline);
    if (!ec || *ec) return handshake_failed(ec);
    return {};
}

Expected<void> TlsTransport::send(std::string_view xml, Duration limit) {
    const std::string frame = framed(xml);
    const auto ec = timed([&](auto done) { asio::async_write(stream_, asio::buffer(frame), done); }, after(limit));
    if (!ec) return fail(ErrorKind::unknown_outcome, "the time was over while a frame was being sent", where_);
    if (*ec) return failed("the connection broke before the frame was sent", ec);
    return {};
}

Expected<std::string> TlsTransport::receive(Duration limit) {
    const auto deadline = after(limit);
    for (;;) {
        auto frame = reader_.next();
        if (!frame) {
            frame.error().where = where_;
            return std::unexpected(std::move(frame.error()));
        }
        if (*frame) return std::move(**frame);
        std::size_t size = 0;
        const auto ec = timed(
            [&](auto done) {
                stream_.async_read_some(asio::buffer(buffer_), [&size, done](ErrorCode e, std::size_t n) mutable {
                    size = n;
                    done(e);
                });
            },
            deadline);
        if (!ec || *ec)
            return failed(reader_.within_frame() ? "the connection ended within a frame" : "the connection ended", ec);
        reader_.feed({buffer_.data(), size});
    }
}

bool TlsTransport::stale() {
    if (reader_.within_frame() || SSL_pending(stream_.native_handle()) > 0) return true;
    auto& socket = stream_.next_layer();
    if (!socket.is_open()) return true;
    ErrorCode ec;
    socket.non_blocking(true, ec);
    char octet = 0;
    socket.receive(asio::buffer(&octet, 1), tcp::socket::message_peek, ec);
    return ec != asio::error::would_block;
}

Expected<ssl::context> tls_context(const TlsSettings& s) {
    ssl::context tls{ssl::context::tls_client};
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    tls.set_verify_mode(ssl::verify_peer);
    ErrorCode ec;
    if (s.ca_file.empty())
        tls.set_default_verify_paths(ec);
    else
        tls.load_verify_file(s.ca_file, ec);
    if (ec) return fail(ErrorKind::invalid, "the CA certificates cannot be read: " + ec.message(), s.ca_file);
    if (s.certificate_file.empty()) return tls;
    tls.use_certificate_chain_file(s.certificate_file, ec);
    if (ec)
        return fail(ErrorKind::invalid, "the client certificate cannot be read: " + ec.message(), s.certificate_file);
    tls.use_private_key(asio::buffer(s.private_key), ssl::context::pem, ec);
    if (ec || SSL_CTX_check_private_key(tls.native_handle()) != 1)
        return fail(ErrorKind::invalid, "the private key cannot be used, or is not that of the certificate",
                    s.certificate_file, "the key must be PEM without a passphrase");
    return tls;
}

} // namespace

std::string TlsSettings::text() const {
    return fmt::format(fmt::runtime(host.contains(':') ? "[{}]:{}" : "{}:{}"), host, port);
}

Expected<std::unique_ptr<Transport>> connect_tls(const TlsSettings& settings, Duration limit) {
    auto tls = tls_context(settings);
    if (!tls) return std::unexpected(std::move(tls.error()));
    auto out = std::make_unique<TlsTransport>(settings, *std::move(tls));
    if (auto opened = out->open(settings, limit); !opened) return std::unexpected(std::move(opened.error()));
    return out;
}

} // namespace tutti::epp
