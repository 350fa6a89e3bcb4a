#pragma once
// Who is told of what, when, and in which words. Pure.
#include "agent/agent_store.hpp"
#include "agent/occasion.hpp"
#include "alert/message.hpp"

namespace tutti::agent {

// RFC 9567 section 6.1.1: _er.<qtype>.<qname>.<ede>._er.<agent>. Nothing: it would be too long.
std::optional<dns::Name> report_name(const dns::Name& qname, std::uint16_t qtype, std::uint16_t ede,
                                     const dns::Name& agent);
// Whoever sends a NOTIFY could name anybody: only an agent at or below a name server of the delegation is believed.
bool may_report_to(const dns::Name& agent, const std::vector<dns::Name>& ns);

// One condition: at once, once more after a day, and then ever more rarely. `first_after`: how long it must have held.
struct Due {
    bool tell = false;
    Told told; // to be kept
};
Due due(const std::optional<Told>& before, const std::string& condition, Instant now, Duration first_after = {});

// "hostmaster.example.com." -> "hostmaster@example.com"; nothing for what is no plain address.
std::optional<std::string> mailbox(const dns::Name& rname);
alert::Mail mail_for(const Occasion& occasion, const std::string& from, const std::string& to,
                     const dns::Name& parent_zone);
std::string json_for(const Occasion& occasion, const dns::Name& parent_zone);
const char* to_string(Occasion::Kind kind);

} // namespace tutti::agent
