#pragma once
// Judgements as entries of the log.
#include "agent/memory.hpp"
#include "scan/scanner.hpp"

namespace tutti::agent {

// The verdict, the delegation, and the evidence as JSON. `evidence`: also what each server said.
std::string detail_of(const scan::Judgement& judgement, bool evidence);
// Decision, kind, change and decisive reasons: what makes two verdicts the same.
std::string fingerprint_of(const scan::Judgement& judgement);
// In one line: what, and why.
std::string summary_of(const accept::Verdict& verdict);
// Keys of the child, as its servers showed them.
std::vector<dnssec::Dnskey> keys_of(const accept::Evidence& evidence);
Entry entry_of(const scan::Judgement& judgement, Instant now);

} // namespace tutti::agent
