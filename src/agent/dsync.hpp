#pragma once
// The DSYNC records that tell children where to send NOTIFY (RFC 9859).
#include "dns/record.hpp"

namespace tutti::agent {

// One for CDS and one for CSYNC, for all children: *._dsync.<zone>. Fails if a name gets too long.
Expected<std::vector<dns::Record>> dsync_records(const dns::Name& zone, const dns::Name& target, std::uint16_t port,
                                                 dns::Ttl ttl);
// "*._dsync.example. 3600 IN DSYNC CDS NOTIFY 53 agent.example.": for servers that know the type. Others take the form
// of RFC 3597, dns::to_text().
std::string dsync_text(const dns::Record& record);

} // namespace tutti::agent
