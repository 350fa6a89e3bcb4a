#include "base/error.hpp"

namespace tutti {

const char* to_string(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::invalid:
        return "invalid";
    case ErrorKind::not_found:
        return "not-found";
    case ErrorKind::auth:
        return "auth";
    case ErrorKind::refused:
        return "refused";
    case ErrorKind::unsupported:
        return "unsupported";
    case ErrorKind::conflict:
        return "conflict";
    case ErrorKind::throttled:
        return "throttled";
    case ErrorKind::unreachable:
        return "unreachable";
    case ErrorKind::transient:
        return "transient";
    case ErrorKind::unknown_outcome:
        return "unknown-outcome";
    case ErrorKind::bad_answer:
        return "bad-answer";
    case ErrorKind::internal:
        return "internal";
    }
    return "internal";
}

std::string Error::text() const {
    std::string out = where.empty() ? seen : where + ": " + seen;
    if (!remedy.empty()) out += (out.ends_with('.') ? " " : ". ") + remedy;
    return out;
}

} // namespace tutti
