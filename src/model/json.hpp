#pragma once
// JSON of the model, for the store and the API. Exact: what is written reads back equal. Times are microseconds since
// 1970 (null: never, "long-ago": before anything), durations seconds, keys and DS presentation text. Numbers in "keys",
// "names" and the like are indices into the lists of the same Knowledge.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"
#include "model/signal.hpp"

#include <boost/json/value.hpp>

namespace tutti::model {

boost::json::value to_json(const Policy& policy);
boost::json::value to_json(const Intent& intent);
boost::json::value to_json(const Knowledge& knowledge);
boost::json::value to_json(const Decision& decision);
boost::json::value to_json(const SignalState& state);

// Errors say which field is wrong, and what is allowed there. `base`: what absent fields of a policy are.
Expected<Policy> policy_from_json(const boost::json::value& v, const Policy& base = {});
Expected<Intent> intent_from_json(const boost::json::value& v);
Expected<Knowledge> knowledge_from_json(const boost::json::value& v);
Expected<Decision> decision_from_json(const boost::json::value& v);
Expected<SignalState> signals_from_json(const boost::json::value& v);

// Text to JSON, strictly: duplicate names in an object, depth beyond 32 and trailing text are errors with their offset.
Expected<boost::json::value> parse_json(std::string_view text);

// Octets that are not UTF-8 become U+FFFD. Texts from the network (EDE, bodies of errors) may hold anything; a JSON
// document with them could be written but never read again.
std::string utf8(std::string_view text);

} // namespace tutti::model
