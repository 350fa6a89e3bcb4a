#pragma once
// A connection that carries frames: EPP over TLS (RFC 5734), TLS 1.2 or later, both sides with certificates.
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tutti::epp {

class Transport {
  public:
    virtual ~Transport() = default;
    // `unreachable`: the server cannot have the whole frame, so it is not acted on. `unknown_outcome`: it may have it.
    virtual Expected<void> send(std::string_view xml, Duration limit) = 0;
    // One frame. `unreachable`: closed, or the time is over; `bad_answer`: no frame can be read from what came.
    virtual Expected<std::string> receive(Duration limit) = 0;
    // Closed by the other side, or something came that nobody asked for.
    virtual bool stale() = 0;
};

struct TlsSettings {
    std::string host; // name or address
    std::uint16_t port = 700;
    std::string server_name;          // in the server's certificate; empty: `host`
    std::string ca_file;              // PEM; empty: the system's
    std::string certificate_file;     // PEM, with the chain; empty: none is shown
    std::string private_key;          // PEM text; a secret
    std::size_t max_frame = 1U << 20; // octets
    std::string text() const;         // "host:port"
};

// Connects and verifies. Errors: invalid (certificate files), unreachable, auth (the certificate of either side).
Expected<std::unique_ptr<Transport>> connect_tls(const TlsSettings& settings, Duration limit);

} // namespace tutti::epp
