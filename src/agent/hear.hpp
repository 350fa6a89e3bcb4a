#pragma once
// What a NOTIFY(CDS) or NOTIFY(CSYNC) leads to (RFC 9859): always an answer, a look where it is not too often.
#include "agent/desk.hpp"
#include "dns/message.hpp"

namespace tutti::agent {

struct Heard {
    dns::Name child;
    dns::Type type;
    std::string source; // the address it came from
};
struct HeardAnswer {
    dns::Rcode rcode = dns::Rcode::noerror;
    std::optional<std::uint16_t> ede;
    bool taken = false; // a look will follow
};

class Hearing {
  public:
    // `look`: asks for a look.
    Hearing(const NotifySettings& settings, std::uint64_t salt, std::function<Desk::Hint(const dns::Name&)> look)
        : sources_(settings.per_source, salt), zones_(settings.per_zone, salt), look_(std::move(look)) {}
    // By one thread.
    HeardAnswer hear(const Heard& heard, Instant now);

  private:
    RateLimit sources_, zones_;
    std::function<Desk::Hint(const dns::Name&)> look_;
};

} // namespace tutti::agent
