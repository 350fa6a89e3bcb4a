#include "agent/memory.hpp"

namespace tutti::agent {

void remember(const Memory& memory, accept::Registry& registry) {
    registry.suspended = memory.suspended;
    registry.last_change = memory.last_change;
    registry.last_csync = memory.last_csync;
    registry.delay = memory.delay;
}

// Only what the change is about is compared: a registry may change the rest as it likes.
port::RegistryChange Submission::change() const {
    port::RegistryChange out{child, verdict.change, {}, keys};
    out.expected.ds = registry.ds;
    const auto& c = verdict.change;
    const bool hosts = !c.ns_add.empty() || !c.ns_remove.empty() || !c.glue_add.empty() || !c.glue_remove.empty();
    if (hosts) out.expected.ns = registry.ns;
    if (hosts) out.expected.glue = registry.glue;
    return out;
}

} // namespace tutti::agent
