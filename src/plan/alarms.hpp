#pragma once
// What somebody should hear of, by stable codes (doc/metrics.md). Facts of the moment come with every decision; those
// that need to know what was before come from `watch`.
#include "plan/rule.hpp"

namespace tutti::plan {

inline constexpr const char* kAlarmCodes[] = {
    "key-unexpected", "signs-too-early", "wait-stuck",        "rrsig-expires", "ds-mismatch",
    "drift",          "provider-auth",   "signature-invalid", "server-silent", "zone-unusable",
    "unsafe" // something else that caches hold does not fit together
};

// Odd or dangerous, whatever is being done: what breaks the rule now, silent servers, broken signatures, unknown DS.
void add_alarms(std::vector<model::Alarm>& alarms, const Scene& scene, const model::Intent& intent);

struct Watched {
    const model::Intent& intent;
    const model::Knowledge& knowledge;
    const model::Decision& before; // the last decision
    bool settled;                  // no change of signers is under way
    Instant now;
};
// Adds what a look alone does not tell, and says since when each holds.
void watch(model::Decision& decision, const Watched& watched);

} // namespace tutti::plan
