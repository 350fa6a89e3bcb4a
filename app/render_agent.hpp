#pragma once
// What a parent's agent keeps, as JSON and as text for people.
#include "agent/memory.hpp"
#include "app/text.hpp"

namespace tutti::app {

// `detail`: with verdict, registry and evidence.
Json to_json(const agent::Entry& entry, bool detail);
Json child_json(const dns::Name& child, const agent::Memory& memory, const std::vector<agent::Submission>& open,
                const std::vector<agent::Entry>& entries);
void render_agent_log(Page& page, const Json& answer);
void render_agent_child(Page& page, const Json& answer);

} // namespace tutti::app
