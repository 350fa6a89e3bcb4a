#pragma once
// What is written down of a pass, for people and for the trace.
#include "model/decision.hpp"
#include "port/store.hpp"

namespace tutti::engine {

using Events = std::vector<port::Event>;

// Versions that began or ended ("version" events; their detail is one version of a tutti-trace/1 track).
void journal_versions(Events& out, const model::Knowledge& before, const model::Knowledge& after, Instant now);
void journal_decision(Events& out, const model::Decision& before, const model::Decision& after,
                      const model::Knowledge& k, Instant now);
void journal_action(Events& out, const model::Action& a, const model::Knowledge& k, Instant now);
void journal_failure(Events& out, const model::Action& a, const Error& error, const model::Knowledge& k, Instant now);
void journal_end(Events& out, const port::Transition& t, Instant now);

} // namespace tutti::engine
