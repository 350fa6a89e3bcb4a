#include "serve/problem.hpp"

namespace tutti::serve {

int Problem::status() const {
    if (http != 0) return http;
    switch (error.kind) {
    case ErrorKind::invalid:
        return 400;
    case ErrorKind::not_found:
        return 404;
    case ErrorKind::conflict:
        return 409;
    case ErrorKind::unsupported:
    case ErrorKind::refused:
        return 422;
    case ErrorKind::throttled:
        return 429;
    case ErrorKind::internal:
        return 500;
    case ErrorKind::auth: // refused by a signer or parent, not by us
    case ErrorKind::unreachable:
    case ErrorKind::transient:
    case ErrorKind::unknown_outcome:
    case ErrorKind::bad_answer:
        return 502;
    }
    return 500;
}

std::string Problem::document() const {
    boost::json::object out = more;
    out["type"] = "urn:tutti:problem:" + code;
    out["title"] = error.seen;
    out["status"] = status();
    out["detail"] = error.text();
    out["code"] = code;
    out["kind"] = to_string(error.kind);
    out["seen"] = error.seen;
    out["where"] = error.where;
    out["remedy"] = error.remedy;
    return serialize(out);
}

} // namespace tutti::serve
