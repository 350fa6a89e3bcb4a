#pragma once
// From what was seen to what is known: learn() is the only place where versions begin and end.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/observation.hpp"

namespace tutti::plan {

// Folds one observation into the knowledge (an empty Knowledge at first). Pure: the clock is in the observation.
// What is not known stays at its worst: a silent address keeps serving what it served last; before the first look
// anything may have been served (Version::unknown).
void learn(model::Knowledge& knowledge, const model::Observation& seen, const model::Intent& intent);

// To be called, and the result made durable, before an action is sent: the new content counts as possibly served from
// now on. `ttl` as it will be served.
void note_attempt(model::Knowledge& knowledge, const model::Action& action, const model::Policy& policy, Instant now);
// A definite refusal takes the pending version back; a lost reply does not. `why`: for people, never empty.
void note_refused(model::Knowledge& knowledge, const model::Action& action, const std::string& why);

// Forgets versions, keys and signers that no cache can lead to any more, so that knowledge stays small.
void forget_dead(model::Knowledge& knowledge, const model::Intent& intent, Instant now);

} // namespace tutti::plan
