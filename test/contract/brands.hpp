#pragma once
// For contract tests: signers of each brand, set up well and set up badly, with many small zones each.
#include "net/clock_test.hpp"
#include "net/dns_client.hpp"
#include "net/http_client.hpp"
#include "net/secrets.hpp"
#include "signer/make.hpp"
#include "test/contract/real_server.hpp"

#include <memory>
#include <ostream>

namespace tutti::contract {

enum class Brand {
    bind,              // dynamic zone
    bind_inline,       // signed inline: cannot take foreign keys
    knot,              // dnskey-management: incremental
    knot_csk,          // the same, with one key for all
    knot_full,         // the default: drops foreign keys without a word
    powerdns,          // direct-dnskey=yes, by the API
    powerdns_indirect, // direct-dnskey=no, by the API
    powerdns_ddns,     // direct-dnskey=yes, by dynamic update
    powerdns_ddns_indirect
};
std::ostream& operator<<(std::ostream& out, Brand brand);

// The TTLs of every zone.
inline constexpr dns::Ttl kDnskeyTtl = 20, kNsTtl = 40, kDataTtl = 60;
inline constexpr int kZones = 24;

// The ports on real sockets.
struct RealPorts {
    net::testing::TestClock clock;
    net::DnsClient dns{clock};
    net::HttpClient http;
    net::SecretReader secrets;
    signer::Ports ports() { return {dns, http, secrets, clock}; }
};

class RealSigner {
  public:
    explicit RealSigner(Brand brand);

    // A zone that no test has touched: signed, with the TTLs above, NS ns1.<zone>, and an A record.
    dns::Name fresh_zone();
    const port::SignerSettings& settings() const { return settings_; }
    RealServer& server() { return server_; }
    // Writes a file and gives a reference to it.
    port::SecretRef secret_file(const std::string& name, const std::string& text) const;

  private:
    void start_bind(bool inline_signing);
    void start_knot(const std::string& management, bool csk);
    void start_powerdns(bool direct, bool ddns);
    void add_powerdns_zones(bool ddns);
    bool ready();

    RealServer server_;
    RealPorts real_;
    std::uint16_t port_;
    port::SignerSettings settings_;
    int used_ = 0;
};

// One server of each brand for the whole test program.
RealSigner& shared(Brand brand);

} // namespace tutti::contract
