#pragma once
// JSON of evidence, registry state and verdicts: for the log, for other programs, and to judge kept evidence again.
// Records are presentation text. What is written reads back equal.
#include "accept/evidence.hpp"
#include "accept/verdict.hpp"

#include <boost/json/value.hpp>

namespace tutti::accept {

boost::json::value to_json(const Evidence& evidence);
boost::json::value to_json(const Registry& registry);
boost::json::value to_json(const Verdict& verdict);

// The same as text, at the end of `out`.
void append_json(std::string& out, const Evidence& evidence);
void append_json(std::string& out, const Registry& registry);
void append_json(std::string& out, const Verdict& verdict);

// Errors say which field is wrong, and what is allowed there.
Expected<Evidence> evidence_from_json(const boost::json::value& v);
Expected<Registry> registry_from_json(const boost::json::value& v);
Expected<Verdict> verdict_from_json(const boost::json::value& v);

} // namespace tutti::accept
