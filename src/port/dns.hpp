#pragma once
// Port: DNS on the wire. Calls block until every question has an answer or its own deadline has passed.
#include "base/time.hpp"
#include "dns/message.hpp"
#include "dnssec/tsig.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <span>

namespace tutti::port {

struct Endpoint {
    std::string address; // IPv4 or IPv6 literal
    std::uint16_t port = 53;
    std::string text() const; // "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:5353"; port 53 is left out
    auto operator<=>(const Endpoint&) const = default;
};
// "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353".
Expected<Endpoint> parse_endpoint(std::string_view text);

struct Query {
    Endpoint server;
    dns::Question question;
    bool recursion_desired = false;
    bool tcp = false; // false: UDP first, TCP when truncated
};

struct Reply {
    Expected<dns::Message> message; // an rcode other than NOERROR is still a message
    Instant sent, received;
};

class Dns {
  public:
    virtual ~Dns() = default;
    // All side by side; replies in the order of the questions. ID, source, question are checked; DO is set.
    virtual std::vector<Reply> ask(std::span<const Query> queries) = 0;
    // RFC 2136 over TCP, signed. Error kinds: auth (TSIG), refused, conflict (prerequisite), transient (SERVFAIL),
    // unreachable (not sent), unknown_outcome (sent, no reply).
    virtual Expected<void> update(const Endpoint& server, const dns::Update& update, const dnssec::TsigKey& key) = 0;
    // AXFR over TCP, TSIG-signed when a key is given; every record once (the closing SOA left out).
    virtual Expected<void> transfer(const Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                                    const std::function<void(const dns::Record&)>& each) = 0;
    virtual Expected<void> notify(const Endpoint& target, const dns::Question& what) = 0;
};

// A validating resolver for names outside the zones themselves (parent servers, NS addresses, DSYNC).
class Resolver {
  public:
    virtual ~Resolver() = default;
    struct Answer {
        std::vector<dns::Record> records; // of the asked type
        bool secure = false, bogus = false, nxdomain = false;
    };
    virtual Expected<Answer> resolve(const dns::Question& question) = 0;
};

} // namespace tutti::port
