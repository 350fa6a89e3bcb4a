#pragma once
// What somebody outside may want to hear of, as the agent's parts hand it to the reporter.
#include "accept/verdict.hpp"
#include "base/time.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tutti::agent {

struct Occasion {
    enum class Kind {
        trouble,   // what the child wants cannot be done: for the child's operator
        over,      // nothing is wrong any more
        automated, // the first DS by this agent
        removed,   // the last DS by this agent
        changed,   // any other change by this agent: for the webhook alone
        manual,    // somebody else changed the DS
        registry,  // the registry refuses, or a lock holds: for whoever runs this agent
        behind     // children have their turn too late: for whoever runs this agent
    };
    Kind kind = Kind::trouble;
    Instant at{};
    dns::Name child = dns::Name::root();
    std::string condition; // what is wrong, the same word as long as it is the same
    std::string text;      // for people
    std::optional<std::uint16_t> ede;
    std::uint16_t qtype = 59;    // what was asked for: CDS, or CSYNC
    std::vector<dns::Name> ns{}; // of the delegation
};

using Tell = std::function<void(const Occasion&)>;
// A line for the process's own log.
using Say = std::function<void(bool bad, const std::string& text)>;

} // namespace tutti::agent
