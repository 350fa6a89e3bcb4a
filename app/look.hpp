#pragma once
// One look at a zone from outside: finds the servers of the zone and of its parent in DNS, and asks each address.
#include "audit/view.hpp"
#include "port/clock.hpp"
#include "port/dns.hpp"

#include <functional>

namespace tutti::app {

struct LookRequest {
    dns::Name zone;
    std::vector<std::pair<port::Endpoint, std::string>> servers; // also these, with the name of their signer or none
    std::vector<port::Endpoint> parents;                         // these alone; empty: as found
    std::function<bool(const port::Endpoint&)> routable;
    std::string label; // of a name that does not exist; another one each time
};

// Without a resolver only the servers given are asked. Fails if nobody is there to be asked.
Expected<audit::View> look(port::Dns& dns, port::Resolver* resolver, port::Clock& clock, const LookRequest& request);

} // namespace tutti::app
