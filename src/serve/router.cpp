#include "serve/router.hpp"

#include "model/json.hpp"

#include <algorithm>
#include <exception>

namespace tutti::serve {

namespace {

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
        out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto end = text.find(by);
        out.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

// Parameters when `path` fits `pattern`.
std::optional<std::map<std::string, std::string>> match(std::string_view pattern, std::string_view path) {
    const auto want = split(pattern, '/'), have = split(path, '/');
    if (want.size() != have.size()) return std::nullopt;
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < want.size(); ++i) {
        if (want[i].starts_with('{')) {
            auto value = decode(have[i]);
            if (!value || value->empty()) return std::nullopt;
            out[std::string(want[i].substr(1, want[i].size() - 2))] = *std::move(value);
        } else if (want[i] != have[i]) {
            return std::nullopt;
        }
    }
    return out;
}

Result<boost::json::object> parse_body(std::string_view text) {
    if (text.empty()) return boost::json::object{};
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(Problem("body-invalid", value.error()));
    if (auto* object = value->if_object()) return std::move(*object);
    return problem("body-invalid", ErrorKind::invalid, "the body is not a JSON object", "body");
}

Response to_response(const Route& route, Reply&& reply) {
    Response out{reply.status != 0 ? reply.status : route.status, std::move(reply.content_type), std::move(reply.text),
                 std::move(reply.headers)};
    if (out.content_type == "application/json") out.body = model::utf8(serialize(reply.json)) + '\n';
    return out;
}

Problem unknown_parameter(const Route& route, const std::string& name) {
    std::string known;
    for (const auto& q : route.query) known += (known.empty() ? "" : ", ") + q;
    return {"query-invalid", Error{ErrorKind::invalid, "the parameter \"" + name + "\" is unknown here", name,
                                   known.empty() ? "this path takes none" : "possible are: " + known}};
}

} // namespace

std::optional<Request> parse_target(std::string_view target) {
    Request out;
    const auto mark = target.find('?');
    out.path = std::string(target.substr(0, mark));
    if (mark == std::string_view::npos) return out;
    for (const auto pair : split(target.substr(mark + 1), '&')) {
        const auto equals = pair.find('=');
        auto name = decode(pair.substr(0, equals));
        auto value = equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1));
        if (!name || !value) return std::nullopt;
        if (!name->empty() && !out.query.emplace(*name, *value).second) return std::nullopt;
    }
    return out;
}

const std::string* Response::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return &value;
    return nullptr;
}

Response answer(const Problem& p) {
    Response out{p.status(), "application/problem+json", model::utf8(p.document()) + '\n', p.headers};
    return out;
}

std::expected<Router::Found, Response> Router::find(const std::string& method, std::string_view target) const {
    auto request = parse_target(target);
    if (!request)
        return std::unexpected(answer(Problem(
            "query-invalid", Error{ErrorKind::invalid, "a broken %-escape, or a parameter twice", "the query", ""})));
    request->method = method;
    std::string allow;
    for (const auto& route : routes_) {
        auto params = match(route.pattern, request->path);
        if (!params) continue;
        if (route.method != method) {
            allow += (allow.empty() ? "" : ", ") + route.method;
            continue;
        }
        for (const auto& [name, value] : request->query)
            if (std::ranges::find(route.query, name) == route.query.end())
                return std::unexpected(answer(unknown_parameter(route, name)));
        request->params = *std::move(params);
        return Found{&route, *std::move(request)};
    }
    if (allow.empty())
        return std::unexpected(
            answer(Problem("path-unknown", Error{ErrorKind::not_found, "there is nothing here", request->path, ""})));
    Problem wrong("method-not-allowed",
                  Error{ErrorKind::invalid, method + " is not possible here", request->path, "possible are: " + allow});
    wrong.http = 405;
    wrong.headers = {{"Allow", allow}};
    return std::unexpected(answer(wrong));
}

Response Router::run(const Route& route, Request request, std::string_view body) {
    auto parsed = parse_body(body);
    if (!parsed) return answer(parsed.error());
    request.body = *std::move(parsed);
    try {
        auto result = route.handle(request);
        return result ? to_response(route, *std::move(result)) : answer(result.error());
    } catch (const std::exception& e) { // a library that throws: a defect here, but no reason to die
        return answer(Problem(Error{ErrorKind::internal, std::string("unexpected: ") + e.what(), request.path, ""}));
    }
}

Response Router::dispatch(const std::string& method, std::string_view target, std::string_view body) const {
    auto found = find(method, target);
    if (!found) return found.error();
    found->request.caller = local_caller();
    return run(*found->route, std::move(found->request), body);
}

} // namespace tutti::serve
