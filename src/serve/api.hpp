#pragma once
// The routes of the API, version 1; and what routes written elsewhere need to be like them.
#include "port/ledger.hpp"
#include "serve/proposals.hpp"
#include "serve/router.hpp"
#include "serve/service.hpp"
#include "serve/tokens.hpp"

namespace tutti::serve {

std::vector<Route> api(Service& service, Proposals& proposals);
std::vector<Route> token_routes(Tokens& tokens);
std::vector<Route> proposal_routes(Proposals& proposals);
std::vector<Route> audit_routes(port::Ledger& ledger);
// GET /v1: all of `others`, and itself.
Route index_route(const std::vector<Route>& others);

// A parameter of the query; `absent`, or empty, when it is not there.
Result<std::int64_t> number(const Request& r, const std::string& name, std::int64_t absent, std::int64_t highest);
std::string text_of(const Request& r, const std::string& name);

// Of what is shown: its own `etag`, or one over all of it.
std::string etag_of(const Json& shown);
// With that as a header.
Result<Reply> tagged(Result<Json> from);
// With a Link to what follows when it has `next`.
Result<Reply> paged(Result<Json> from, const Request& r);
std::unexpected<Problem> zone_forbidden(const std::string& zone);

} // namespace tutti::serve
