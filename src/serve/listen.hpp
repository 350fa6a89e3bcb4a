#pragma once
// Sockets to listen at.
#include "port/dns.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

namespace tutti::serve {

// Mode 0600. conflict: somebody answers there already.
Expected<boost::asio::local::stream_protocol::acceptor> listen_local(boost::asio::io_context& io,
                                                                     const std::string& path);
Expected<boost::asio::ip::tcp::acceptor> listen_tcp(boost::asio::io_context& io, const port::Endpoint& at);
// TLS 1.3, and nothing older. PEM files.
Expected<std::unique_ptr<boost::asio::ssl::context>> make_tls(const std::string& certificate, const std::string& key);
bool is_loopback(const port::Endpoint& at);

} // namespace tutti::serve
