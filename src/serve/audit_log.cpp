#include "serve/audit_log.hpp"

#include "model/json.hpp"
#include "serve/api.hpp"
#include "serve/gate.hpp"
#include "serve/views.hpp"

namespace tutti::serve {

namespace json = boost::json;

namespace {

constexpr std::size_t kTargetMost = 500;
constexpr std::size_t kWishMost = 16 * 1024;

json::string clipped(const std::string& text) {
    return json::string(model::utf8(text.substr(0, kTargetMost)));
}

std::string code_of(const Response& response) {
    if (response.status < 400) return {};
    const auto document = model::parse_json(response.body);
    const auto* code = document && document->is_object() ? document->as_object().if_contains("code") : nullptr;
    return code != nullptr && code->is_string() ? std::string(code->get_string()) : "";
}

json::object line(Instant at, const char* what) {
    return {{"at", time_json(at)}, {"what", what}};
}

// Of zones only: somebody may paste a secret where its place is asked for.
void add_wish(json::object& out, const Route& route, const std::string& body) {
    if (!route.pattern.starts_with("/v1/zones") || body.empty() || body.size() > kWishMost) return;
    if (auto value = model::parse_json(body)) out["wish"] = *std::move(value);
}

Result<Json> lines(port::Ledger& ledger, std::int64_t after, std::size_t limit) {
    const auto some = ledger.audit(after, limit);
    if (!some) return problem(some.error());
    json::array out;
    for (const auto& one : *some) {
        auto text = model::parse_json(one.text);
        if (!text) return problem(text.error());
        out.push_back({{"id", one.id}, {"hash", one.hash}, {"line", *std::move(text)}});
    }
    return json::object{{"lines", std::move(out)}};
}

} // namespace

bool is_audited(const Route& route) {
    return route.method != "GET" &&
           (route.scope == Scope::apply || route.scope == Scope::admin || route.scope == Scope::approve);
}

Result<std::int64_t> AuditLog::asked(const Route& route, const Caller& caller, const Incoming& in) {
    auto out = line(clock_.now(), "asked");
    out["who"] = caller.name;
    out["from"] = in.address.empty() ? "socket" : in.address;
    out["method"] = in.method;
    out["target"] = clipped(in.target);
    if (!in.if_match.empty()) out["if_match"] = clipped(in.if_match);
    if (!in.idempotency_key.empty()) out["idempotency_key"] = clipped(in.idempotency_key);
    add_wish(out, route, in.body);
    const auto written = ledger_.append(serialize(out));
    if (written) return written->id;
    return problem("audit-unwritable", 503, ErrorKind::internal,
                   "the audit log cannot be written, so nothing was done: " + written.error().seen,
                   written.error().where, written.error().remedy);
}

void AuditLog::answered(std::int64_t asked, const Response& response) {
    auto out = line(clock_.now(), "answered");
    out["asked"] = asked;
    out["status"] = response.status;
    if (const auto code = code_of(response); !code.empty()) out["code"] = code;
    (void)ledger_.append(serialize(out)); // that it was asked is written, and so is what came of it in the zone
}

void AuditLog::refused(const Incoming& in, const Response& response) {
    auto out = line(clock_.now(), "refused");
    out["from"] = in.address.empty() ? "socket" : in.address;
    out["method"] = clipped(in.method);
    out["target"] = clipped(in.target);
    out["status"] = response.status;
    out["code"] = code_of(response);
    (void)ledger_.append(serialize(out));
}

std::vector<Route> audit_routes(port::Ledger& ledger) {
    return {{"GET",
             "/v1/audit",
             "Who asked for what",
             Scope::admin,
             [&ledger](const Request& r) -> Result<Reply> {
                 const auto after = number(r, "after", 0, INT64_MAX), limit = number(r, "limit", 1000, 10'000);
                 if (!after) return std::unexpected(after.error());
                 if (!limit) return std::unexpected(limit.error());
                 return lines(ledger, *after, static_cast<std::size_t>(*limit));
             },
             {"after", "limit"}}};
}

} // namespace tutti::serve
