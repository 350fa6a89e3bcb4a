#include "epp/reactions.hpp"

#include <algorithm>
#include <array>

namespace tutti::epp {

namespace {

using enum Reaction;
using Kind = ErrorKind;

constexpr std::string_view kDefect = "this is a defect of the program: please report it with the frame log";
constexpr std::string_view kSponsor = "the domain is at another registrar: correct the settings, or drop the child";
constexpr std::string_view kPolicy =
    "read the registry's policy on algorithms, digest types and the kind of data (DS or "
    "key); set the parent's interface accordingly";
constexpr std::string_view kWait = "it is tried again";

constexpr auto kRules = std::to_array<CodeRule>({
    {1000, done, Kind::internal, false, "done", ""},
    {1001, pending, Kind::internal, false, "taken, and not done yet", ""},
    {1300, done, Kind::internal, false, "no messages are queued", ""},
    {1301, done, Kind::internal, false, "a message is queued", ""},
    {1500, done, Kind::internal, true, "the session is ended", ""},
    {2000, permanent, Kind::unsupported, false, "the server does not know the command", kDefect},
    {2001, permanent, Kind::invalid, false, "the frame is not right", kDefect},
    {2002, permanent, Kind::invalid, false, "the command is not allowed now", kDefect},
    {2003, permanent, Kind::invalid, false, "a parameter is missing", kDefect},
    {2004, permanent, Kind::invalid, false, "a value is out of range", kDefect},
    {2005, permanent, Kind::invalid, false, "a value is not well written", kDefect},
    {2100, permanent, Kind::unsupported, false, "the server does not speak this version of EPP", ""},
    {2101, permanent, Kind::unsupported, false, "the server does not implement the command", ""},
    {2102, without_option, Kind::unsupported, false, "the server does not implement the option", ""},
    {2103, without_extension, Kind::unsupported, false, "the server does not implement the extension", ""},
    {2104, hold, Kind::refused, false, "the registrar's account has no money", "ask the registry for the balance"},
    {2105, permanent, Kind::refused, false, "the object cannot be renewed", kDefect},
    {2106, permanent, Kind::refused, false, "the object cannot be transferred", kDefect},
    {2200, permanent, Kind::auth, false, "the registry does not take the name or the password",
     "correct them; three wrong attempts may lock the account"},
    {2201, not_sponsor, Kind::refused, false, "the account may not change this object", kSponsor},
    {2202, not_sponsor, Kind::refused, false, "the authorization information is wrong", kSponsor},
    {2300, hold, Kind::refused, false, "a transfer of the object is under way", kWait},
    {2301, permanent, Kind::refused, false, "no transfer of the object is under way", kDefect},
    {2302, reread, Kind::conflict, false, "the object or the data exist already", kWait},
    {2303, gone, Kind::not_found, false, "there is no such object", "drop the child, or register it"},
    {2304, hold, Kind::refused, false, "the status of the object does not allow it",
     "lift the lock (clientUpdateProhibited, serverUpdateProhibited), or wait until what is pending is done"},
    {2305, reread, Kind::conflict, false, "another object depends on it", kWait},
    {2306, policy, Kind::refused, false, "the registry's policy does not allow the value", kPolicy},
    {2307, without_extension, Kind::unsupported, false, "the server does not have this kind of object", ""},
    {2308, reread, Kind::conflict, false, "the registry's data policy is violated", kPolicy},
    {2400, later, Kind::unknown_outcome, false, "the server failed", kWait},
    {2500, reconnect, Kind::unknown_outcome, true, "the server failed and closes the connection", kWait},
    {2501, reconnect, Kind::auth, true,
     "the registry does not take the name or the password, and closes the connection",
     "correct them; three wrong attempts may lock the account"},
    {2502, reconnect, Kind::throttled, true, "the registry allows no more sessions",
     "set a smaller number of sessions, or find who else uses the account"},
});

constexpr CodeRule kStrangeSuccess{1999,
                                   later,
                                   Kind::unknown_outcome,
                                   false,
                                   "a success of a kind that is not known",
                                   "look at the object in the registry"};
constexpr CodeRule kStrangeError{2999, permanent, Kind::refused, false, "an error of a kind that is not known", ""};

} // namespace

std::span<const CodeRule> code_rules() {
    return kRules;
}

const CodeRule& rule_for(int code) {
    const auto rules = code_rules();
    const auto found = std::ranges::find(rules, code, &CodeRule::code);
    if (found != rules.end()) return *found;
    return code < 2000 ? kStrangeSuccess : kStrangeError;
}

const CodeRule& rule_for(const Response& response) {
    // A response has either one success or errors (RFC 5730 2.6): of several, the largest code is the gravest.
    return rule_for(std::ranges::max(response.results, {}, &Result::code).code);
}

} // namespace tutti::epp
