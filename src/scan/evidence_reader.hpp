#pragma once
// From octets to evidence: what one reply means, with everything that could be wrong with it.
#include "accept/evidence.hpp"
#include "accept/policy.hpp"
#include "dns/message.hpp"

#include <span>

namespace tutti::scan {

// A reply as it was received, kept until somebody has time to read it.
struct RawReply {
    accept::Outcome outcome = accept::Outcome::not_asked; // `records`: NOERROR, still to be read
    std::vector<std::uint8_t> message;                    // as it came; empty if nothing did
    accept::Transport transport = accept::Transport::none;
    Duration rtt{0};
    std::string detail;
};

// `keep_denial`: also what proves that something is not there.
accept::Answer read_answer(const dns::Question& question, const RawReply& raw, const accept::Policy& limits,
                           bool keep_denial);

} // namespace tutti::scan
