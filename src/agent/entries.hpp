#pragma once
// Judgements as entries of the log.
#include "agent/memory.hpp"
#include "scan/scanner.hpp"

namespace tutti::agent {

// Decision, kind, change and decisive reasons: what makes two verdicts the same.
std::string fingerprint_of(const scan::Judgement& judgement);
// Keys of the child, as its servers showed them.
std::vector<dnssec::Dnskey> keys_of(const accept::Evidence& evidence);
Entry entry_of(const scan::Judgement& judgement, Instant now);

} // namespace tutti::agent
