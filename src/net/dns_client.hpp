#pragma once
// port::Dns on real sockets. May be called from several threads at once.
#include "port/clock.hpp"
#include "port/dns.hpp"

namespace tutti::net {

struct DnsClientOptions {
    std::vector<Duration> udp_waits{seconds(0.4), seconds(0.8), seconds(1.6)}; // one try each
    Duration deadline = seconds(3);                                            // of one question or NOTIFY
    Duration update_deadline = seconds(10);
    Duration transfer_deadline = seconds(120), transfer_idle = seconds(10);
    std::size_t max_in_flight = 256; // sockets of one call of ask()
    std::size_t max_transfer_records = 5'000'000;
    std::size_t max_transfer_octets = 1U << 30;
};

class DnsClient : public port::Dns {
  public:
    explicit DnsClient(port::Clock& clock, DnsClientOptions options = {})
        : clock_(clock), options_(std::move(options)) {}

    std::vector<port::Reply> ask(std::span<const port::Query> queries) override;
    Expected<void> update(const port::Endpoint& server, const dns::Update& update, const dnssec::TsigKey& key) override;
    // Records reach `each` when the TSIG over them is verified. After an error they are still only a part of the zone.
    Expected<void> transfer(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                            const std::function<void(const dns::Record&)>& each) override;
    // IXFR over TCP (RFC 1995): what has changed since `serial`, in the order in which it did, and the SOA as it is now
    // (`added`; nothing else if nothing has changed). Or the whole zone, if the server likes that better.
    enum class Piece { whole, removed, added };
    Expected<void> changes(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                           std::uint32_t serial, const std::function<void(Piece, const dns::Record&)>& each);
    Expected<void> notify(const port::Endpoint& target, const dns::Question& what) override;

  private:
    // `since`: IXFR; none: AXFR.
    Expected<void> receive(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                           std::optional<std::uint32_t> since,
                           const std::function<void(Piece, const dns::Record&)>& each);

    port::Clock& clock_;
    DnsClientOptions options_;
};

} // namespace tutti::net
