// Who is to be asked and told: everybody who may matter for a zone.
#include "engine/engine.hpp"

#include <algorithm>

namespace tutti::engine {

port::ZoneSetup setup_of(const port::ZoneRecord& record, const model::Intent& intent) {
    port::ZoneSetup out{record.zone, record.parent, {}};
    const auto add = [&](const std::vector<std::string>& names) {
        for (const auto& n : names)
            if (std::ranges::find(out.signers, n) == out.signers.end()) out.signers.push_back(n);
    };
    // Those known first and in their order: actions name signers by their number there.
    if (record.knowledge)
        for (const auto& s : record.knowledge->signers) add({s.name});
    add(intent.signers);
    add(intent.dead);
    add(record.settled);
    // Before the first look nobody is known: whoever was wanted so far may be serving the zone.
    if (!record.knowledge) {
        add(record.intent.signers);
        if (record.transition) add(record.transition->from);
    }
    return out;
}

} // namespace tutti::engine
