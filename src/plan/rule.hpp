#pragma once
// The rule: whatever a cache may hold, no combination of it may be bogus. Four conjuncts over the scene.
#include "model/decision.hpp"
#include "plan/scene.hpp"

namespace tutti::plan {

enum class Conjunct {
    chain,        // for every DS and DNSKEY RRset: some key is named by the DS and signs the DNSKEY RRset
    signatures,   // for every DNSKEY RRset and data: the keys that sign the data are in the DNSKEY RRset
    algorithms,   // every algorithm of a DS signs the DNSKEY RRset and the data (RFC 4035 2.2)
    unsigned_data // where there is a DS, the data is signed
};

// Two entries that must not meet. Indices into the scene's lists; -1: not involved.
struct Violation {
    Conjunct conjunct;
    int ds = -1, dnskey = -1, data = -1;
    // When one of the two is gone by itself; kNever if neither goes.
    Instant ends = kNever;
};

// All pairs that break the rule among what is proven to be in caches: what is wrong already.
std::vector<Violation> broken_now(const Scene& scene, const model::Policy& policy);
// Pairs that break the rule and involve something introduced: why an action is not safe. A pair that was as bad before
// is no reason against an action that repairs something else.
std::vector<Violation> caused(const Scene& scene, const model::Policy& policy);

// Applies an action to a copy of the scene: its content is added, what was there stays.
void imagine(Scene& scene, const model::Action& action);

} // namespace tutti::plan
