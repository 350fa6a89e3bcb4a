#pragma once
// What each result code of EPP leads to: one table (RFC 5730 3).
#include "base/error.hpp"
#include "epp/values.hpp"

#include <span>
#include <string_view>

namespace tutti::epp {

enum class Reaction {
    done,              // success
    pending,           // taken, not done yet: the answer comes by poll (panData)
    permanent,         // our command was wrong: the same again is wrong again
    without_option,    // leave the options out (urgent, maxSigLife) and try again
    without_extension, // the server does not have it: do without
    not_sponsor,       // the object is somebody else's: stop, look again who has it
    gone,              // there is no such object
    reread,            // what we believed is not so: read again, decide again
    hold,              // a status or another object prevents it: report, try again later
    policy,            // the registry does not take such data: report
    later,             // failed for now, and may be done or not: look, then try again with back-off
    reconnect          // the session is over: a new one, after a longer time, and fewer of them
};

struct CodeRule {
    int code;
    Reaction reaction;
    ErrorKind kind;           // as which error a caller sees it; of no meaning for success
    bool closes;              // the server closes the connection after it (RFC 5730 3: 1500, 25xx)
    std::string_view meaning; // in words
    std::string_view remedy;  // for the operator
};

std::span<const CodeRule> code_rules();
// Codes that are not in the table: 1xxx are no success that is known, so they count as `later`; others are permanent.
const CodeRule& rule_for(int code);
// The rule of the response: that of the worst of its results.
const CodeRule& rule_for(const Response& response);

} // namespace tutti::epp
