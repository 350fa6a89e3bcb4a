#pragma once
// From octets to evidence: what one reply means, with everything that could be wrong with it.
#include "accept/evidence.hpp"
#include "accept/policy.hpp"
#include "dns/message.hpp"

#include <span>
#include <vector>

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

// The same for the replies of one child: what several servers send alike, but for ID, case of the question, and time,
// is read once. The replies must outlive this.
class AnswerReader {
  public:
    AnswerReader(const accept::Policy& limits, bool keep_denial) : limits_(limits), keep_denial_(keep_denial) {}
    accept::Answer read(const dns::Question& question, const RawReply& raw);

  private:
    struct Known {
        dns::Question question;
        const RawReply* raw;
        accept::Answer answer;
    };
    const accept::Policy& limits_;
    bool keep_denial_;
    std::vector<Known> known_;
};

} // namespace tutti::scan
