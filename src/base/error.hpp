#pragma once
// What went wrong, in a form that an operator can act on. Every function that can fail returns Expected<T>.
#include <expected>
#include <string>
#include <utility>

namespace tutti {

enum class ErrorKind {
    invalid,         // input that can never be right (syntax, range): change the input
    not_found,       // the thing named does not exist
    auth,            // credentials refused (TSIG BADKEY/BADSIG/BADTIME, HTTP 401/403)
    refused,         // the other side says no, and will say no again (REFUSED, policy)
    unsupported,     // the other side cannot do this
    conflict,        // a precondition did not hold (compare-and-swap): read again, decide again
    throttled,       // slow down
    unreachable,     // no answer from an address: nothing is known about it
    transient,       // failed for now (SERVFAIL, 5xx): try again later
    unknown_outcome, // a change was sent and the reply was lost: it counts as both done and not done
    bad_answer,      // an answer that cannot be trusted (bogus signature, wrong question, not authoritative)
    internal         // a defect of ours, or of the machine (disk)
};

const char* to_string(ErrorKind kind);

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string seen;   // what was seen, and what it means: "blue refused the update (TSIG BADKEY)"
    std::string where;  // at which server, file or field; may be empty
    std::string remedy; // what the operator can do; may be empty

    // "where: seen. remedy" on one line.
    std::string text() const;
    bool operator==(const Error&) const = default;
};

template <class T>
using Expected = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string seen, std::string where = {}, std::string remedy = {}) {
    return std::unexpected(Error{kind, std::move(seen), std::move(where), std::move(remedy)});
}

} // namespace tutti
