#pragma once
// Where the delegations of a scan come from.
#include "port/clock.hpp"
#include "port/dns.hpp"
#include "scan/delegations.hpp"

namespace tutti::app {

struct ScanInput {
    std::vector<std::string> names;         // children, looked up at the parent
    std::string zone, file, list, transfer; // the parent; its zone file; a list; a server of it that gives it away
    std::string tsig_name, tsig_algorithm = "hmac-sha256", tsig_secret; // for the transfer
    std::vector<std::string> parent_servers; // for `names`: instead of those that the resolver finds
};

// `resolver` may be null where nothing has to be looked up. `out` is sealed then. `before`: the same zone as it was, of
// which only the changes have to be transferred; may be null.
Expected<void> read_input(const ScanInput& input, port::Resolver* resolver, port::Clock& clock, scan::Delegations& out,
                          const scan::Delegations* before = nullptr);
// Names the input, for errors and for the state file.
std::string to_string(const ScanInput& input);

} // namespace tutti::app
