// The routes about tokens.
#include "serve/api.hpp"
#include "serve/checks.hpp"
#include "serve/tokens.hpp"

namespace tutti::serve {

std::vector<Route> token_routes(Tokens& t) {
    const auto name = [](const Request& r) { return r.params.at("name"); };
    const auto remove = [&t, name](const Request& r) -> Result<Reply> {
        auto now = t.one(name(r));
        if (!now) return std::unexpected(now.error());
        if (auto ok = check_match(r.if_match, etag_of(*now), name(r)); !ok) return std::unexpected(ok.error());
        return t.remove(name(r));
    };
    Route add{"POST", "/v1/tokens", "Make a token; its secret is shown this once", Scope::admin,
              [&t](const Request& r) { return t.add(r.body, r.caller); }};
    add.status = 201;
    add.secret = "token";
    return {
        {"GET", "/v1/tokens", "All tokens, without their secrets", Scope::admin,
         [&t](const Request&) { return t.list(); }},
        std::move(add),
        {"GET", "/v1/tokens/{name}", "One token", Scope::admin,
         [&t, name](const Request& r) { return tagged(t.one(name(r))); }},
        {"DELETE", "/v1/tokens/{name}", "Remove a token: it is refused from now on", Scope::admin, remove},
    };
}

} // namespace tutti::serve
