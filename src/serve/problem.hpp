#pragma once
// What went wrong with a request: an Error with a stable code, as the API reports it (RFC 9457).
#include "base/error.hpp"

#include <boost/json.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tutti::serve {

struct Problem {
    std::string code; // stable, for programs: "zone-unknown"
    Error error;
    boost::json::object more; // further members of the problem document
    int http = 0;             // the status, where the kind of the error does not say it
    std::vector<std::pair<std::string, std::string>> headers = {}; // of the answer

    Problem(Error e) : code(to_string(e.kind)), error(std::move(e)) {} // NOLINT: every Error is a Problem
    Problem(std::string c, Error e) : code(std::move(c)), error(std::move(e)) {}
    int status() const;
    std::string document() const;
};

template <class T>
using Result = std::expected<T, Problem>;
using Json = boost::json::value;

inline std::unexpected<Problem> problem(std::string code, ErrorKind kind, std::string seen, std::string where = {},
                                        std::string remedy = {}) {
    return std::unexpected(Problem(std::move(code), Error{kind, std::move(seen), std::move(where), std::move(remedy)}));
}
inline std::unexpected<Problem> problem(std::string code, int http, ErrorKind kind, std::string seen,
                                        std::string where = {}, std::string remedy = {}) {
    Problem out(std::move(code), Error{kind, std::move(seen), std::move(where), std::move(remedy)});
    out.http = http;
    return std::unexpected(std::move(out));
}
inline std::unexpected<Problem> problem(Error error) {
    return std::unexpected(Problem(std::move(error)));
}

} // namespace tutti::serve
