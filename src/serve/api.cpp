#include "serve/api.hpp"

#include "dnssec/hash.hpp"
#include "serve/body.hpp"
#include "serve/checks.hpp"
#include "serve/escape.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tutti::serve {

namespace {

using Handle = std::function<Result<Reply>(const Request&)>;

std::string param(const Request& r, const std::string& name) {
    return r.params.at(name);
}

// A command, a place for files, or a reference to a secret that is a command, at any depth.
bool runs_something(const Json& value) {
    if (const auto* text = value.if_string()) return text->starts_with("command:");
    if (const auto* list = value.if_array()) return std::ranges::any_of(*list, runs_something);
    const auto* object = value.if_object();
    return object != nullptr && std::ranges::any_of(*object, [](const auto& field) {
               return field.key() == "command" || field.key() == "directory" || field.key() == "frame_log" ||
                      runs_something(field.value());
           });
}

Result<std::string> only_text(const Request& r, std::string_view field) {
    Body body(r.body);
    auto out = body.required_text(field);
    if (auto ok = body.finish(); !ok) return std::unexpected(ok.error());
    return out;
}

// A call of one zone.
Handle zone(Result<Json> (Service::*call)(const std::string&), Service& s) {
    return [call, &s](const Request& r) { return tagged((s.*call)(param(r, "zone"))); };
}

// Removes what `show` shows, if it is what the caller saw.
Handle removed(Result<Json> (Service::*show)(const std::string&), Result<Json> (Service::*remove)(const std::string&),
               Service& s) {
    return [=, &s](const Request& r) -> Result<Reply> {
        const auto name = param(r, "name");
        auto now = (s.*show)(name);
        if (!now) return std::unexpected(now.error());
        if (auto ok = check_match(r.if_match, etag_of(*now), name); !ok) return std::unexpected(ok.error());
        return (s.*remove)(name);
    };
}

// How a signer or parent is reached, with what and by whom, is not for everybody who may look.
Json for_reader(Json settings, const Request& r) {
    if (r.caller.may(Scope::apply)) return settings;
    static constexpr std::array kShown = {"name", "driver", "servers", "ns", "zone", "reads_cds", "from"};
    boost::json::object out;
    for (const auto& [key, value] : settings.as_object())
        if (std::ranges::find(kShown, key) != kShown.end()) out[key] = value;
    return out;
}

Handle settings(Result<Json> (Service::*call)(const std::string&), Service& s) {
    return [call, &s](const Request& r) -> Result<Reply> {
        auto found = (s.*call)(param(r, "name"));
        if (!found) return std::unexpected(found.error());
        const auto tag = etag_of(*found);
        Reply out(for_reader(*std::move(found), r));
        out.headers = {{"ETag", tag}};
        return out;
    };
}

Handle all_settings(Result<Json> (Service::*call)(), const char* list, Service& s) {
    return [=, &s](const Request& r) -> Result<Reply> {
        auto all = (s.*call)();
        if (!all) return std::unexpected(all.error());
        for (auto& one : all->as_object()[list].as_array()) one = for_reader(std::move(one), r);
        return *std::move(all);
    };
}

// Whoever may say what is run on this machine is its user: that is decided at the Unix socket.
Handle added(Result<Json> (Service::*call)(const boost::json::object&), Service& s) {
    return [call, &s](const Request& r) -> Result<Reply> {
        if (!r.caller.local && runs_something(r.body))
            return problem("local-only", 403, ErrorKind::auth,
                           "this names a command to be run, or a place for files, on the daemon's machine", r.path,
                           "add it with `tutti` on that machine, or use file: for secrets");
        return tagged((s.*call)(r.body));
    };
}

Handle probe(Result<Json> (Service::*call)(const std::string&, const std::string&), Service& s) {
    return [call, &s](const Request& r) -> Result<Reply> {
        auto text = only_text(r, "zone");
        if (!text) return std::unexpected(text.error());
        return (s.*call)(param(r, "name"), *text);
    };
}

Result<Reply> history(Service& s, const Request& r) {
    auto after = number(r, "after", 0, INT64_MAX), limit = number(r, "limit", 1000, 100'000);
    if (!after) return std::unexpected(after.error());
    if (!limit) return std::unexpected(limit.error());
    return s.history(param(r, "zone"), *after, static_cast<std::size_t>(*limit));
}

Result<Reply> zones(Service& s, const Request& r) {
    ListWish wish;
    const auto limit = number(r, "limit", 100, 10'000);
    if (!limit) return std::unexpected(limit.error());
    wish.limit = static_cast<std::size_t>(*limit);
    const auto sort = text_of(r, "sort");
    if (!sort.empty() && sort != "name" && sort != "alarm")
        return problem("query-invalid", ErrorKind::invalid, '"' + sort + "\" is no order", "sort", "name or alarm");
    if (sort == "alarm") wish.sort = ListWish::Sort::alarm;
    wish.q = text_of(r, "q");
    wish.state = text_of(r, "state");
    wish.signer = text_of(r, "signer");
    wish.cursor = text_of(r, "cursor");
    return paged(s.zones(wish, r.caller), r);
}

Result<Reply> set_mode(Service& s, const Request& r) {
    auto mode = only_text(r, "mode");
    if (!mode) return std::unexpected(mode.error());
    return tagged(s.set_mode(param(r, "zone"), *mode, r.if_match));
}

// Also for callers who are limited to zones.
Route narrow(Route route) {
    route.narrow = true;
    return route;
}

Route created(Route route) {
    route.status = 201;
    return route;
}

std::vector<Route> settings_routes(Service& s) {
    return {
        narrow({"GET", "/v1/signers", "All signers", Scope::read, all_settings(&Service::signers, "signers", s)}),
        created({"POST", "/v1/signers", "Add a signer", Scope::admin, added(&Service::add_signer, s)}),
        narrow({"GET", "/v1/signers/{name}", "One signer", Scope::read, settings(&Service::signer, s)}),
        {"DELETE", "/v1/signers/{name}", "Remove a signer", Scope::admin,
         removed(&Service::signer, &Service::remove_signer, s)},
        {"POST", "/v1/signers/{name}/probe", "Can it take part in a zone?", Scope::plan,
         probe(&Service::probe_signer, s)},
        narrow({"GET", "/v1/parents", "All parents", Scope::read, all_settings(&Service::parents, "parents", s)}),
        created({"POST", "/v1/parents", "Add a parent", Scope::admin, added(&Service::add_parent, s)}),
        narrow({"GET", "/v1/parents/{name}", "One parent", Scope::read, settings(&Service::parent, s)}),
        {"DELETE", "/v1/parents/{name}", "Remove a parent", Scope::admin,
         removed(&Service::parent, &Service::remove_parent, s)},
        {"POST", "/v1/parents/{name}/probe", "Can it take part in a zone?", Scope::plan,
         probe(&Service::probe_parent, s)},
    };
}

std::vector<Route> reading_routes(Service& s) {
    const auto get = [&s](const char* path, const char* summary, auto call) {
        return Route{"GET", path, summary, Scope::read, zone(call, s)};
    };
    const auto state = [&s](const char* path, const char* summary, auto call) {
        return narrow({"GET", path, summary, Scope::none, [call, &s](const Request&) { return (s.*call)(); }});
    };
    return {
        state("/v1/health", "Is the daemon well?", &Service::health),
        state("/v1/ready", "Does it look after its zones?", &Service::ready),
        narrow({"GET",
                "/v1/zones",
                "All zones",
                Scope::read,
                [&s](const Request& r) { return zones(s, r); },
                {"limit", "cursor", "q", "state", "signer", "sort"}}),
        get("/v1/zones/{zone}", "One zone", &Service::zone),
        get("/v1/zones/{zone}/explain", "Why it waits, until when, who must act", &Service::explain),
        get("/v1/zones/{zone}/intent", "Who should sign and serve", &Service::intent),
        get("/v1/zones/{zone}/decision", "What comes next, or is waited for", &Service::decision),
        get("/v1/zones/{zone}/observation", "What the servers serve", &Service::observation),
        get("/v1/zones/{zone}/keys", "Every key, and who publishes it", &Service::keys),
        get("/v1/zones/{zone}/timeline", "What may still be cached", &Service::timeline),
        get("/v1/zones/{zone}/forecast", "What will happen, and when at the earliest", &Service::forecast),
        {"GET",
         "/v1/zones/{zone}/history",
         "What happened",
         Scope::read,
         [&s](const Request& r) { return history(s, r); },
         {"after", "limit"}},
    };
}

std::vector<Route> changing_routes(Service& s, Proposals& p) {
    const auto post = [](const char* path, const char* summary, auto handle) {
        return Route{"POST", path, summary, Scope::apply, std::move(handle)};
    };
    return {
        created(narrow(post("/v1/zones", "Add a zone", [&p](const Request& r) { return p.add_zone(r); }))),
        {"DELETE", "/v1/zones/{zone}", "Remove a zone", Scope::apply,
         [&s](const Request& r) { return s.remove_zone(param(r, "zone"), r.if_match); }},
        {"POST", "/v1/zones/{zone}/plan", "What would happen; changes nothing", Scope::plan,
         [&s](const Request& r) { return s.plan(param(r, "zone"), r.body); }},
        {"PUT", "/v1/zones/{zone}/intent", "Say who should sign and serve", Scope::apply,
         [&p](const Request& r) { return p.set_intent(r); }},
        {"PUT", "/v1/zones/{zone}/mode", "automatic or manual", Scope::apply,
         [&s](const Request& r) { return set_mode(s, r); }},
        post("/v1/zones/{zone}/pause", "Change nothing until resumed",
             [&s](const Request& r) { return tagged(s.set_paused(param(r, "zone"), true, r.if_match)); }),
        post("/v1/zones/{zone}/resume", "Go on",
             [&s](const Request& r) { return tagged(s.set_paused(param(r, "zone"), false, r.if_match)); }),
        post("/v1/zones/{zone}/step", "Manual mode: carry out one decision",
             [&s](const Request& r) { return tagged(s.step(param(r, "zone"), r.if_match)); }),
    };
}

Result<Reply> whoami(const Request& r) {
    boost::json::array scopes, limits;
    for (const auto scope : r.caller.scopes) scopes.emplace_back(to_string(scope));
    for (const auto& z : r.caller.zones) limits.emplace_back(boost::json::string(z.text()));
    Json only = r.caller.everywhere() ? Json(nullptr) : Json(std::move(limits));
    return Json{{"name", r.caller.name}, {"scopes", std::move(scopes)}, {"zones", std::move(only)}};
}

// The connection itself serves streams.
Result<Reply> not_a_request(const Request& r) {
    return problem(Error{ErrorKind::internal, "a stream was asked for like a request", r.path, ""});
}

} // namespace

std::string text_of(const Request& r, const std::string& name) {
    const auto found = r.query.find(name);
    return found == r.query.end() ? "" : found->second;
}

Result<std::int64_t> number(const Request& r, const std::string& name, std::int64_t absent, std::int64_t highest) {
    const auto found = r.query.find(name);
    if (found == r.query.end()) return absent;
    std::int64_t out = 0;
    const auto* end = found->second.data() + found->second.size();
    const auto [at, ec] = std::from_chars(found->second.data(), end, out);
    if (ec == std::errc{} && at == end && out >= 0 && out <= highest) return out;
    return problem("query-invalid", ErrorKind::invalid, '"' + found->second + "\" is not allowed", name,
                   "use a number from 0 to " + std::to_string(highest));
}

std::string etag_of(const Json& shown) {
    if (const auto* object = shown.if_object())
        if (const auto* tag = object->if_contains("etag"); tag != nullptr && tag->is_string())
            return std::string(tag->get_string());
    return '"' + dnssec::sha256_hex(serialize(shown)).substr(0, 32) + '"';
}

Result<Reply> tagged(Result<Json> from) {
    if (!from) return std::unexpected(from.error());
    Headers headers{{"ETag", etag_of(*from)}};
    Reply out(*std::move(from));
    out.headers = std::move(headers);
    return out;
}

Result<Reply> paged(Result<Json> from, const Request& r) {
    if (!from) return std::unexpected(from.error());
    Headers headers;
    if (const auto* next = from->as_object().if_contains("next")) {
        std::string link =
            r.path + "?cursor=" + escaped(next->is_string() ? std::string(next->get_string()) : serialize(*next));
        for (const auto& [name, value] : r.query)
            if (name != "cursor") link += '&' + escaped(name) + '=' + escaped(value);
        headers.emplace_back("Link", "<" + link + ">; rel=\"next\"");
    }
    Reply out(*std::move(from));
    out.headers = std::move(headers);
    return out;
}

std::unexpected<Problem> zone_forbidden(const std::string& zone) {
    return problem("zone-forbidden", 403, ErrorKind::auth, "this token is for other zones", zone,
                   "GET /v1/whoami tells which; ask for a token for this one");
}

Route index_route(const std::vector<Route>& others) {
    Route out = narrow({"GET", "/v1", "What can be asked here", Scope::none, {}});
    boost::json::array list;
    const auto add = [&](const Route& r) {
        boost::json::array query;
        for (const auto& q : r.query) query.emplace_back(boost::json::string(q));
        list.push_back({{"method", r.method},
                        {"path", r.pattern},
                        {"summary", r.summary},
                        {"scope", to_string(r.scope)},
                        {"query", std::move(query)},
                        {"status", r.status}});
    };
    for (const auto& r : others) add(r);
    add(out);
    out.handle = [all = Json{{"routes", std::move(list)}}](const Request&) -> Result<Reply> { return Json(all); };
    return out;
}

std::vector<Route> api(Service& s, Proposals& p) {
    std::vector<Route> out = reading_routes(s);
    for (auto& more : {changing_routes(s, p), settings_routes(s)}) out.insert(out.end(), more.begin(), more.end());
    out.push_back(narrow({"GET", "/v1/whoami", "Who asks, and what that allows", Scope::read, whoami}));
    out.push_back(
        narrow({"GET", "/v1/events", "Events as they happen", Scope::read, not_a_request, {"after", "zone"}}));
    return out;
}

} // namespace tutti::serve
