#pragma once
// The columns of the agent's database that hold JSON.
#include "agent/memory.hpp"

#include <boost/json/value.hpp>

namespace tutti::agent {

std::string remembered_to_text(const Memory& memory);
// last_change, last_csync, delay. Errors say which field cannot be read.
Expected<void> remembered_from_text(std::string_view text, Memory& memory);

std::string keys_to_text(const std::vector<dnssec::Dnskey>& keys);
Expected<std::vector<dnssec::Dnskey>> keys_from_text(std::string_view text);

Expected<boost::json::value> parse_json(std::string_view text);

} // namespace tutti::agent
