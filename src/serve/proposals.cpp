#include "serve/proposals.hpp"

#include "dnssec/random.hpp"
#include "model/json.hpp"
#include "serve/api.hpp"
#include "serve/checks.hpp"

#include <algorithm>

namespace tutti::serve {

namespace json = boost::json;

namespace {

constexpr auto kKept = std::chrono::days(90); // decided ones
constexpr const char* kKind = "proposal";

std::string text_in(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

dns::Name zone_of(const json::object& proposal) {
    return dns::Name::parse(text_in(proposal, "zone")).value_or(dns::Name::root());
}

} // namespace

bool ApprovalRule::covers(const dns::Name& zone) const {
    return always || std::ranges::find(zones, zone) != zones.end();
}

Result<Reply> Proposals::set_intent(const Request& r) {
    const auto& name = r.params.at("zone");
    const auto zone = dns::Name::parse(name);
    if (!zone || !rule_.covers(*zone)) return tagged(service_.set_intent(name, r.body, r.if_match));
    auto now = service_.intent(name);
    if (!now) return std::unexpected(now.error());
    const auto etag = etag_of(*now);
    if (auto ok = check_match(r.if_match, etag, zone->text()); !ok) return std::unexpected(ok.error());
    if (auto ok = service_.check_intent(name, r.body); !ok) return std::unexpected(ok.error());
    return propose("intent", *zone, etag, r);
}

Result<Reply> Proposals::add_zone(const Request& r) {
    const auto zone = dns::Name::parse(text_in(r.body, "zone"));
    if (!r.caller.everywhere() && (!zone || !r.caller.may(*zone))) return zone_forbidden(text_in(r.body, "zone"));
    if (!zone || !rule_.covers(*zone)) return tagged(service_.add_zone(r.body));
    if (auto ok = service_.check_zone(r.body); !ok) return std::unexpected(ok.error());
    return propose("add", *zone, "", r);
}

Result<Reply> Proposals::propose(const std::string& kind, const dns::Name& zone, const std::string& etag,
                                 const Request& r) {
    const auto fresh = dnssec::random_hex(8);
    if (!fresh) return problem(fresh.error());
    const std::string& id = *fresh;
    json::object proposal{{"id", id},
                          {"kind", kind},
                          {"zone", zone.text()},
                          {"at", time_json(clock_.now())},
                          {"by", r.caller.name},
                          {"state", "open"},
                          {"wish", r.body},
                          {"decided_by", nullptr},
                          {"decided_at", nullptr},
                          {"zone_etag", etag}};
    if (auto ok = store_.put_config(kKind, id, serialize(proposal)); !ok) return problem(ok.error());
    if (kind == "intent") service_.note(zone, "proposed", r.caller.name + " proposes a change (" + id + ')');
    auto reply = tagged(Json(std::move(proposal))).value();
    reply.status = 202;
    reply.headers.emplace_back("Location", "/v1/proposals/" + id);
    return reply;
}

Result<Json> Proposals::list(const Caller& caller) {
    auto stored = store_.configs(kKind);
    if (!stored) return problem(stored.error());
    json::array out;
    for (const auto& [id, text] : *stored) {
        auto one = model::parse_json(text);
        if (!one) return problem(one.error());
        const auto decided = parse_rfc3339(text_in(one->as_object(), "decided_at"));
        if (decided && *decided < clock_.now() - kKept)
            (void)store_.drop_config(kKind, id);
        else if (caller.may(zone_of(one->as_object())))
            out.push_back(*std::move(one));
    }
    return json::object{{"proposals", std::move(out)}};
}

Result<json::object> Proposals::load(const std::string& id, const Caller& caller) {
    auto stored = store_.configs(kKind);
    if (!stored) return problem(stored.error());
    const auto found = std::ranges::find(*stored, id, [](const auto& p) { return p.first; });
    if (found != stored->end()) {
        auto value = model::parse_json(found->second);
        if (!value) return problem(value.error());
        if (caller.may(zone_of(value->as_object()))) return value->as_object();
    }
    return problem("proposal-unknown", ErrorKind::not_found, "there is no such proposal", id,
                   "`tutti proposal list` shows all");
}

Result<Json> Proposals::one(const std::string& id, const Caller& caller) {
    auto out = load(id, caller);
    if (!out) return std::unexpected(out.error());
    return *std::move(out);
}

Result<json::object> Proposals::open(const std::string& id, const Caller& caller, const std::string& match) {
    auto proposal = load(id, caller);
    if (!proposal) return proposal;
    if (auto ok = check_match(match, etag_of(Json(*proposal)), id); !ok) return std::unexpected(ok.error());
    if (text_in(*proposal, "state") != "open")
        return problem("proposal-decided", ErrorKind::conflict, "it is " + text_in(*proposal, "state") + " already",
                       id);
    return proposal;
}

Result<Json> Proposals::approve(const std::string& id, const Caller& caller, const std::string& match) {
    const std::lock_guard guard(mutex_);
    auto proposal = open(id, caller, match);
    if (!proposal) return std::unexpected(proposal.error());
    const auto by = text_in(*proposal, "by");
    // A token that somebody made is that person's own, except where all are made: at the socket.
    if (by == caller.name || (by == caller.made_by && by != local_caller().name))
        return problem("own-proposal", 403, ErrorKind::auth, by + " cannot approve what is proposed by " + by, id,
                       "somebody else must, with the scope approve");
    const auto zone = text_in(*proposal, "zone");
    const auto& wish = proposal->at("wish").as_object();
    const auto done = text_in(*proposal, "kind") == "add"
                          ? service_.add_zone(wish)
                          : service_.set_intent(zone, wish, text_in(*proposal, "zone_etag"));
    if (!done && done.error().code == "etag-mismatch")
        return problem("proposal-stale", ErrorKind::conflict, "the zone was changed since it was proposed", zone,
                       "reject it, and propose it again");
    if (!done) return std::unexpected(done.error());
    return close(*std::move(proposal), "approved", caller);
}

Result<Json> Proposals::reject(const std::string& id, const Caller& caller, const std::string& match) {
    const std::lock_guard guard(mutex_);
    auto proposal = open(id, caller, match);
    if (!proposal) return std::unexpected(proposal.error());
    return close(*std::move(proposal), "rejected", caller);
}

Result<Json> Proposals::close(json::object proposal, const char* state, const Caller& caller) {
    proposal["state"] = state;
    proposal["decided_by"] = caller.name;
    proposal["decided_at"] = time_json(clock_.now());
    const auto id = text_in(proposal, "id");
    if (auto ok = store_.put_config(kKind, id, serialize(proposal)); !ok) return problem(ok.error());
    service_.note(zone_of(proposal), state,
                  caller.name + ' ' + state + " the change that " + text_in(proposal, "by") + " proposed (" + id + ')');
    return Json(std::move(proposal));
}

std::vector<Route> proposal_routes(Proposals& p) {
    const auto id = [](const Request& r) { return r.params.at("id"); };
    std::vector<Route> out{
        {"GET", "/v1/proposals", "Changes that wait for a second person, and decided ones", Scope::read,
         [&p](const Request& r) { return p.list(r.caller); }},
        {"GET", "/v1/proposals/{id}", "One proposal", Scope::read,
         [&p, id](const Request& r) { return tagged(p.one(id(r), r.caller)); }},
        {"POST", "/v1/proposals/{id}/approve", "Carry it out", Scope::approve,
         [&p, id](const Request& r) { return tagged(p.approve(id(r), r.caller, r.if_match)); }},
        {"POST", "/v1/proposals/{id}/reject", "Do not", Scope::approve,
         [&p, id](const Request& r) { return tagged(p.reject(id(r), r.caller, r.if_match)); }},
    };
    for (auto& route : out) route.narrow = true;
    return out;
}

} // namespace tutti::serve
