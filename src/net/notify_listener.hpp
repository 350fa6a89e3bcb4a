#pragma once
// Listens for NOTIFY (RFC 1996; RFC 9859 for CDS and CSYNC) over UDP and TCP, on a thread of its own. A NOTIFY proves
// nothing, it is only a hint to look: signed or not, all are treated alike.
#include "dns/message.hpp"
#include "port/dns.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tutti::net {

struct Notification {
    dns::Name zone;
    dns::Type type; // SOA, CDS, CSYNC, ...
    port::Endpoint source;
    std::optional<dns::Name> report_channel; // RFC 9567
};

// What to answer: NOERROR, or REFUSED for a zone that is not ours; why, where EDNS is there (RFC 8914).
struct NotifyAnswer {
    NotifyAnswer(dns::Rcode code, std::optional<std::uint16_t> why = {}) : rcode(code), ede(why) {}
    dns::Rcode rcode;
    std::optional<std::uint16_t> ede;
};

// Runs on the listener's thread: be quick.
using NotifyHandler = std::function<NotifyAnswer(const Notification&)>;

class NotifyListener {
  public:
    // Listens when it returns. Use the addresses of the machine instead of wildcards: an answer leaves from the address
    // that the system picks. Port 0: any free port, see endpoints().
    static Expected<std::unique_ptr<NotifyListener>> start(std::span<const port::Endpoint> endpoints,
                                                           NotifyHandler handler);
    virtual ~NotifyListener() = default;

    virtual std::vector<port::Endpoint> endpoints() const = 0;
    // After it the handler is not called any more.
    virtual void stop() = 0;
};

} // namespace tutti::net
