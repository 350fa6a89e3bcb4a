#pragma once
// From actions to records: what exactly is added and removed where.
#include "model/change.hpp"
#include "model/decision.hpp"
#include "model/intent.hpp"

namespace tutti::plan {

// `expect` is what the place of change served last. CDS and CDNSKEY always name the same keys.
std::vector<model::RrChange> compile(const model::Action& action, const model::Knowledge& knowledge,
                                     const model::Policy& policy);
// The complete DS and NS records that the parent should have after `action` (manual mode: for people to submit).
std::vector<dns::Record> wanted_at_parent(const model::Action& action, const model::Knowledge& knowledge,
                                          const model::Policy& policy);

} // namespace tutti::plan
