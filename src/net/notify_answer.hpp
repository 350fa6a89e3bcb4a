#pragma once
// What a NOTIFY is answered with (RFC 1996; RFC 9859 for CDS and CSYNC): octets in, octets out.
#include "dns/message.hpp"
#include "port/dns.hpp"

#include <functional>
#include <optional>
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

// One message in, its answer out; nothing where there is to be none. Never longer than the request but for the six
// octets of a reason, so nobody can be flooded through us.
std::optional<std::vector<std::uint8_t>> answer_notify(std::span<const std::uint8_t> wire, const port::Endpoint& source,
                                                       const NotifyHandler& handler);

} // namespace tutti::net
