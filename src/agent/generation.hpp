#pragma once
// The delegations as they were read at one moment, and what is different from the time before.
#include "agent/agent_store.hpp"
#include "scan/delegations.hpp"

#include <memory>

namespace tutti::agent {

// Where delegations come from.
class Source {
  public:
    virtual ~Source() = default;
    // Changes whenever the delegations may have changed: a serial, the time of a file.
    virtual Expected<std::string> version() = 0;
    // Fills and seals. `before`: what was read the last time, or null.
    virtual Expected<void> read(scan::Delegations& out, const scan::Delegations* before) = 0;
};

struct Generation {
    scan::Delegations delegations;
    Dial dial;
    std::string version;
    std::vector<scan::ChildId> fresh; // new, or with other name servers than before (RFC 9615 4.3)
};

// The number by which a child is known for ever.
Mark mark_of(std::uint64_t salt, std::string_view wire_name);

// A set of DS (their RDATA) as one number; none: there are none.
std::optional<std::uint64_t> number_of(std::vector<dns::Rdata> ds);

// `before`: may be null.
Expected<std::shared_ptr<const Generation>> read_generation(Source& source, std::uint64_t salt,
                                                            const Generation* before);

// Children whose DS are not those seen last. The first time all are taken as they are, and none is told.
Expected<std::vector<dns::Name>> changed_ds(const Generation& generation, AgentStore& store);

} // namespace tutti::agent
