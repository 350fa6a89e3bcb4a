#pragma once
// Checks made before anything is changed.
#include "serve/service.hpp"

namespace tutti::serve {

// A zone as people give it: absolute, not the root.
Result<dns::Name> parse_zone(const std::string& text);

// At least one, each known and once.
Result<void> check_members(const std::vector<std::string>& members, const Signers& signers);
// Each known and once, none of them a member.
Result<void> check_dead(const std::vector<std::string>& dead, const std::vector<std::string>& members,
                        const std::vector<std::string>& known);

// Asks each of the signers, and the parent when named, side by side, whether it can take part. The answer has a report
// for each; a failed check is a problem with the remedies of all.
Result<boost::json::array> probe_all(const dns::Name& zone, const std::vector<std::string>& signers,
                                     const std::string& parent, const ServiceDeps& deps);

// RFC 9110 13.1.1: `match` as sent in If-Match, empty when it was not.
Result<void> check_match(const std::string& match, const std::string& etag, const std::string& what);

// A look at the world, folded into a copy of what is known. Changes nothing.
model::Knowledge fresh_knowledge(const port::ZoneRecord& record, const model::Intent& intent, port::World& world);
// What no waiting will cure (different algorithms, missing capabilities): refuse.
Result<void> check_reachable(const model::Intent& intent, const model::Knowledge& knowledge, Instant now);

// Keys by their labels ("blue/4711").
Result<std::vector<dnssec::Dnskey>> find_keys(const std::vector<std::string>& labels, const model::Knowledge& known);
// The KSK holder (RFC 8901 model 1) is one of the signers, or nobody.
Result<void> check_holder(const std::string& holder, const std::vector<std::string>& members);
Result<std::vector<std::uint8_t>> read_algorithms(const std::vector<std::string>& numbers);
// Distrusting a key costs answers as long as caches need it: not without being told so.
Result<void> check_breakage(const plan::Forecast& forecast);

} // namespace tutti::serve
