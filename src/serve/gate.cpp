#include "serve/gate.hpp"

#include "dnssec/hash.hpp"
#include "model/json.hpp"
#include "serve/api.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::serve {

namespace {

constexpr std::string_view kBearer = "Bearer ";

std::unexpected<Problem> too_often(double wait_s) {
    const auto whole = static_cast<long>(std::ceil(wait_s));
    Problem out("rate-limited", Error{ErrorKind::throttled, "too many requests", "",
                                      "try again after " + std::to_string(whole) + " s"});
    out.headers = {{"Retry-After", std::to_string(whole)}};
    return std::unexpected(std::move(out));
}

bool is_bearer(std::string_view text) {
    constexpr std::string_view lower = "bearer ";
    if (text.size() <= kBearer.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
        if ((text[i] | 0x20) != (lower[i] | 0x20)) return false;
    return true;
}

Result<Caller> not_a_token() {
    Problem out("token-invalid", Error{ErrorKind::auth, "this is no bearer token", "Authorization",
                                       "send \"Authorization: Bearer TOKEN\""});
    out.http = 401;
    out.headers = {{"WWW-Authenticate", "Bearer realm=\"tutti\""}};
    return std::unexpected(std::move(out));
}

Result<void> allowed(const Route& route, const Request& request) {
    const auto& caller = request.caller;
    if (!caller.may(route.scope)) {
        if (caller.name == "anonymous") {
            Problem out("token-missing", Error{ErrorKind::auth, "this needs a token", "Authorization",
                                               "send \"Authorization: Bearer TOKEN\"; `tutti token add` makes one"});
            out.http = 401;
            out.headers = {{"WWW-Authenticate", "Bearer realm=\"tutti\""}};
            return std::unexpected(std::move(out));
        }
        return problem("scope-missing", 403, ErrorKind::auth,
                       caller.name + " lacks the scope " + to_string(route.scope), request.path,
                       "ask for a token with that scope");
    }
    if (caller.everywhere() || route.narrow) return {};
    const auto named = request.params.find("zone");
    if (named == request.params.end()) return zone_forbidden("all");
    const auto zone = dns::Name::parse(named->second);
    if (!zone || !caller.may(*zone)) return zone_forbidden(named->second);
    return {};
}

constexpr auto kRemembered = std::chrono::days(1);
constexpr std::size_t kKeyMost = 128;

Result<void> good_key(const std::string& key) {
    const bool plain = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
    if (key.size() <= kKeyMost && plain) return {};
    return problem("idempotency-key-invalid", ErrorKind::invalid, "this is no key for a request", "Idempotency-Key",
                   "at most 128 printable characters without spaces; a UUID will do");
}

// What is kept of an answer: all but a secret.
std::string kept(const Route& route, const Response& response) {
    if (route.secret.empty()) return response.body;
    auto value = model::parse_json(response.body);
    if (!value || !value->is_object()) return "{}\n";
    value->as_object().erase(route.secret);
    return serialize(*value) + '\n';
}

Response again(const port::Once& first, const std::string& request, const std::string& key) {
    if (first.request != request)
        return answer(problem("idempotency-key-reused", ErrorKind::refused, "this key was for another request", key,
                              "use another key for each request")
                          .error());
    if (!first.done)
        return answer(problem("idempotency-unfinished", ErrorKind::conflict,
                              "the first request with this key has not ended, or was cut off", key,
                              "look what came of it; then use another key")
                          .error());
    Response out{first.status,
                 first.status < 400 ? "application/json" : "application/problem+json",
                 first.body,
                 {{"Idempotent-Replay", "true"}}};
    if (auto value = model::parse_json(first.body); value && first.status < 400)
        out.headers.emplace_back("ETag", etag_of(*value));
    return out;
}

Result<void> is_json(const Incoming& in) {
    if (in.body.empty() || in.content_type == "application/json" || in.content_type.starts_with("application/json;"))
        return {};
    return problem("content-type", 415, ErrorKind::invalid, "a body of another type than JSON", "Content-Type",
                   "send \"Content-Type: application/json\"");
}

} // namespace

Gate::Gate(const Router& router, const Tokens& tokens, port::Ledger& ledger, port::Clock& clock, GateRules rules)
    : router_(router), tokens_(tokens), ledger_(ledger), clock_(clock), audit_(ledger, clock), rules_(rules),
      requests_(rules.per_second, rules.burst), failures_(rules.failures_per_minute / 60, rules.failures_per_minute) {}

Result<Caller> Gate::authenticate(const Incoming& in) {
    if (in.authorization.empty()) {
        if (in.local) return local_caller();
        Caller out{.name = "anonymous"};
        if (rules_.public_read) out.scopes = {Scope::read};
        return out;
    }
    auto caller = is_bearer(in.authorization)
                      ? tokens_.check(std::string_view(in.authorization).substr(kBearer.size()), in.address)
                      : not_a_token();
    if (caller || caller.error().http != 401) return caller;
    // Others may have the same address, behind a proxy: they are not kept out.
    if (const double wait = failures_.take(in.address, Limiter::Time::clock::now()); wait > 0) return too_often(wait);
    return caller;
}

Result<void> Gate::limit(const Caller& caller, const Incoming& in) {
    if (in.local) return {};
    const auto who = caller.name == "anonymous" ? "address:" + in.address : caller.name;
    if (const double wait = requests_.take(who, Limiter::Time::clock::now()); wait > 0) return too_often(wait);
    return {};
}

std::expected<Router::Found, Response> Gate::admit(const Incoming& in) {
    auto caller = authenticate(in);
    if (!caller) return std::unexpected(answer(caller.error()));
    if (auto ok = limit(*caller, in); !ok) return std::unexpected(answer(ok.error()));
    auto found = router_.find(in.method, in.target);
    if (!found) return found;
    found->request.caller = *std::move(caller);
    found->request.if_match = in.if_match;
    if (auto ok = allowed(*found->route, found->request); !ok) return std::unexpected(answer(ok.error()));
    if (auto ok = is_json(in); !ok) return std::unexpected(answer(ok.error()));
    if (auto ok = good_key(in.idempotency_key); !ok) return std::unexpected(answer(ok.error()));
    return found;
}

bool Gate::is_noteworthy(const Response& refusal) {
    if (refusal.status == 403) return true;
    return refusal.status == 401 && !refusal.body.contains("\"code\":\"token-missing\"");
}

void Gate::note(const Incoming& in, const Response& refusal) {
    audit_.refused(in, refusal);
}

Response Gate::run(Router::Found&& admitted, const Incoming& in) {
    const Route& route = *admitted.route;
    if (!is_audited(route)) return run_once(std::move(admitted), in);
    const auto asked = audit_.asked(route, admitted.request.caller, in);
    if (!asked) return answer(asked.error());
    auto out = run_once(std::move(admitted), in);
    audit_.answered(*asked, out);
    return out;
}

// A POST with a key of the caller's own: the second one gets the answer of the first.
Response Gate::run_once(Router::Found&& admitted, const Incoming& in) {
    const Route& route = *admitted.route;
    if (in.idempotency_key.empty() || route.method != "POST")
        return Router::run(route, std::move(admitted.request), in.body);
    const auto key = admitted.request.caller.name + ' ' + in.idempotency_key;
    const auto request = dnssec::sha256_hex(in.method + ' ' + in.target + '\n' + in.body);
    const auto now = clock_.now();
    const auto first = ledger_.begin(key, request, now, now - kRemembered);
    if (!first) return answer(Problem(first.error()));
    if (*first) return again(**first, request, in.idempotency_key);
    auto out = Router::run(route, std::move(admitted.request), in.body);
    if (auto ok = ledger_.finish(key, out.status, kept(route, out)); !ok) return answer(Problem(ok.error()));
    return out;
}

Response Gate::handle(const Incoming& in) {
    auto admitted = admit(in);
    if (admitted) return run(*std::move(admitted), in);
    if (is_noteworthy(admitted.error())) note(in, admitted.error());
    return admitted.error();
}

} // namespace tutti::serve
