#include "serve/service.hpp"

#include "model/json.hpp"
#include "serve/body.hpp"
#include "serve/checks.hpp"
#include "serve/views.hpp"

#include <algorithm>
#include <utility>

namespace tutti::serve {

namespace json = boost::json;

namespace {

port::Event event(Instant at, std::string kind, std::string text, const json::object& detail = {}) {
    return {0, at, std::move(kind), std::move(text), detail.empty() ? "" : serialize(detail)};
}

std::string list(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& n : names) out += (out.empty() ? "" : " + ") + n;
    return out.empty() ? "nobody" : out;
}

} // namespace

Result<Json> Service::health() {
    auto zones = d_.store.zones();
    if (!zones) return problem(zones.error());
    const auto trouble = d_.trouble();
    return json::object{{"status", trouble.empty() ? "ok" : "halted"},
                        {"trouble", trouble},
                        {"version", d_.version},
                        {"zones", zones->size()},
                        {"now", time_json(d_.clock.now())}};
}

Result<Json> Service::ready() {
    if (const auto trouble = d_.trouble(); !trouble.empty())
        return problem("not-ready", 503, ErrorKind::transient, "nothing is done: " + trouble, "daemon",
                       "GET /v1/health tells more; its log, too");
    return json::object{{"status", "ready"}};
}

// ---- zones ----

Result<port::ZoneRecord> Service::load(const std::string& name) {
    // Lenient about the final dot: the zone is known, or it is not.
    auto zone = dns::Name::parse(name);
    if (!zone) return std::unexpected(Problem("zone-invalid", zone.error()));
    auto record = d_.store.load(*zone);
    if (record) return *std::move(record);
    if (record.error().kind != ErrorKind::not_found) return problem(record.error());
    return problem("zone-unknown", ErrorKind::not_found, "there is no zone " + zone->text() + " here", zone->text(),
                   "`tutti zone list` shows all, `tutti zone add` adds one");
}

Result<port::ZoneRecord> Service::edit(const std::string& name, const std::string& match,
                                       const std::function<Result<port::Event>(port::ZoneRecord&)>& how) {
    for (int attempt = 0;; ++attempt) {
        auto record = load(name);
        if (!record) return record;
        if (auto ok = check_match(match, etag_of(*record), record->zone.text()); !ok)
            return std::unexpected(ok.error());
        auto what = how(*record);
        if (!what) return std::unexpected(what.error());
        auto saved = d_.store.save(*record, {*what});
        if (saved) {
            d_.look(record->zone);
            return record;
        }
        // The engine saves often; a change that always comes second would be a defect.
        if (saved.error().kind != ErrorKind::conflict || attempt == 20) return problem(saved.error());
    }
}

Result<Json> Service::zones(const ListWish& wish, const Caller& caller) {
    return d_.board.list(wish, caller);
}

Result<Service::Wished> Service::wish(const json::object& fields) {
    Body body(fields);
    const auto text = body.required_text("zone"), parent = body.required_text("parent");
    const auto members = body.texts("signers").value_or(std::vector<std::string>{});
    const auto mode = body.text("mode", "automatic");
    const auto holder = body.text("ksk_holder", "");
    const auto* policy_json = body.value("policy");
    const bool probe = body.flag("probe", true);
    if (auto ok = body.finish(); !ok) return std::unexpected(ok.error());

    auto zone = parse_zone(text);
    if (!zone) return std::unexpected(zone.error());
    if (auto there = d_.store.load(*zone))
        return problem("zone-exists", ErrorKind::conflict, zone->text() + " is here already", zone->text(),
                       "`tutti apply` changes its signers");
    if (auto found = d_.parents.find(parent); !found) return std::unexpected(found.error());
    if (auto ok = check_members(members, d_.signers); !ok) return std::unexpected(ok.error());
    if (auto ok = check_holder(holder, members); !ok) return std::unexpected(ok.error());
    if (mode != "automatic" && mode != "manual")
        return problem("mode-invalid", ErrorKind::invalid, '"' + mode + "\" is not a mode", "mode",
                       "automatic or manual");

    port::ZoneRecord record{.zone = *zone,
                            .parent = parent,
                            .intent = {.signers = members,
                                       .dead = {},
                                       .ksk_holder = holder,
                                       .algorithms = {},
                                       .distrusted = {},
                                       .policy = d_.policy}};
    record.mode = mode == "manual" ? port::Mode::manual : port::Mode::automatic;
    if (policy_json != nullptr) {
        auto policy = model::policy_from_json(*policy_json, d_.policy);
        if (!policy) return std::unexpected(Problem("policy-invalid", policy.error()));
        record.intent.policy = *policy;
    }
    json::array reports;
    if (probe) {
        auto probed = probe_all(*zone, members, parent, d_);
        if (!probed) return std::unexpected(probed.error());
        reports = *std::move(probed);
        const auto knowledge = fresh_knowledge(record, record.intent, d_.world);
        if (auto ok = check_reachable(record.intent, knowledge, d_.clock.now()); !ok)
            return std::unexpected(ok.error());
    }
    return Wished{std::move(record), std::move(reports)};
}

Result<Json> Service::check_zone(const json::object& fields) {
    auto wished = wish(fields);
    if (!wished) return std::unexpected(wished.error());
    return std::move(wished->reports);
}

Result<Json> Service::add_zone(const json::object& fields) {
    auto wished = wish(fields);
    if (!wished) return std::unexpected(wished.error());
    auto& record = wished->record;
    const auto& members = record.intent.signers;
    const auto added =
        event(d_.clock.now(), "added", "added, signed by " + list(members) + ", parent " + record.parent);
    if (auto ok = d_.store.save(record, {added}); !ok) return problem(ok.error());
    d_.added(record.zone);
    json::object out = zone_summary_json(record).as_object();
    out["probes"] = std::move(wished->reports);
    return out;
}

Result<Json> Service::remove_zone(const std::string& name, const std::string& match) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    if (auto ok = check_match(match, etag_of(*record), record->zone.text()); !ok) return std::unexpected(ok.error());
    if (auto ok = d_.store.remove(record->zone); !ok) return problem(ok.error());
    d_.removed(record->zone);
    return json::object{{"zone", record->zone.text()}, {"removed", true}};
}

namespace {

// What a request says beside the intent.
struct Manner {
    bool probe = true, accept_breakage = false;
};

// `secure`, `ksk_holder`, `algorithms` and `distrust`, over the present intent.
Result<void> read_keys(Body& body, const port::ZoneRecord& record, model::Intent& out) {
    out.secure = body.flag("secure", out.secure);
    out.ksk_holder = body.text("ksk_holder", out.ksk_holder);
    if (const auto numbers = body.texts("algorithms")) {
        auto read = read_algorithms(*numbers);
        if (!read) return std::unexpected(read.error());
        out.algorithms = *std::move(read);
    }
    if (const auto labels = body.texts("distrust")) {
        auto found = find_keys(*labels, record.knowledge.value_or(model::Knowledge{record.zone, {}, {}, {}, {}}));
        if (!found) return std::unexpected(found.error());
        out.distrusted = *std::move(found);
    }
    return {};
}

// A request, over the present intent.
Result<model::Intent> read_intent(const json::object& fields, const port::ZoneRecord& record, const Signers& known,
                                  Manner& manner) {
    Body body(fields);
    model::Intent out = record.intent;
    const auto signers = body.texts("signers"), dead = body.texts("dead");
    const auto* policy = body.value("policy");
    manner.probe = body.flag("probe", true);
    manner.accept_breakage = body.flag("accept_breakage", false);
    const auto keys = read_keys(body, record, out);
    if (auto ok = body.finish(); !ok) return std::unexpected(ok.error());
    if (!keys) return std::unexpected(keys.error());
    if (signers) out.signers = *signers;
    if (dead) out.dead = *dead;
    // Naming somebody as a signer again takes the declaration back.
    else
        std::erase_if(out.dead, [&](const auto& n) { return std::ranges::find(out.signers, n) != out.signers.end(); });
    if (policy != nullptr) {
        auto read = model::policy_from_json(*policy, record.intent.policy);
        if (!read) return std::unexpected(Problem("policy-invalid", read.error()));
        out.policy = *read;
    }
    if (auto ok = check_members(out.signers, known); !ok) return std::unexpected(ok.error());
    if (auto ok = check_holder(out.ksk_holder, out.signers); !ok) return std::unexpected(ok.error());
    if (dead)
        if (auto ok = check_dead(*dead, out.signers, engine::setup_of(record, record.intent).signers); !ok)
            return std::unexpected(ok.error());
    return out;
}

} // namespace

Result<Json> Service::plan(const std::string& name, const json::object& fields) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    Manner manner;
    auto intent = read_intent(fields, *record, d_.signers, manner);
    if (!intent) return std::unexpected(intent.error());
    const auto knowledge = fresh_knowledge(*record, *intent, d_.world);
    const auto now = d_.clock.now();
    auto out = forecast_json(plan::forecast(*intent, knowledge, now), *intent, now).as_object();
    out["zone"] = record->zone.text();
    out["present"] = json::value_from(record->intent.signers);
    out["minimum_s"] = to_seconds(plan::minimum(*intent, knowledge, now));
    out["view"] = world_json(knowledge, now);
    return out;
}

Result<Service::Wanted> Service::want(const std::string& name, const json::object& fields) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    Manner manner;
    auto intent = read_intent(fields, *record, d_.signers, manner);
    if (!intent) return std::unexpected(intent.error());
    Wanted out{*std::move(intent), {}};
    if (!manner.accept_breakage && !out.intent.distrusted.empty()) {
        const auto knowledge = fresh_knowledge(*record, out.intent, d_.world);
        if (auto ok = check_breakage(plan::forecast(out.intent, knowledge, d_.clock.now())); !ok)
            return std::unexpected(ok.error());
    }
    if (!manner.probe) return out;
    auto probed = probe_all(record->zone, out.intent.signers, record->parent, d_);
    if (!probed) return std::unexpected(probed.error());
    out.reports = *std::move(probed);
    const auto knowledge = fresh_knowledge(*record, out.intent, d_.world);
    if (auto ok = check_reachable(out.intent, knowledge, d_.clock.now()); !ok) return std::unexpected(ok.error());
    return out;
}

Result<Json> Service::check_intent(const std::string& name, const json::object& fields) {
    auto wanted = want(name, fields);
    if (!wanted) return std::unexpected(wanted.error());
    return std::move(wanted->reports);
}

Result<Json> Service::set_intent(const std::string& name, const json::object& fields, const std::string& match) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    // At once: what follows takes time.
    if (auto ok = check_match(match, etag_of(*record), record->zone.text()); !ok) return std::unexpected(ok.error());
    auto wanted = want(name, fields);
    if (!wanted) return std::unexpected(wanted.error());
    const auto* intent = &wanted->intent;
    auto saved = edit(name, match, [&](port::ZoneRecord& r) -> Result<port::Event> {
        std::string text = "wanted: " + list(r.intent.signers) + " -> " + list(intent->signers);
        if (!intent->dead.empty()) text += ", dead: " + list(intent->dead);
        if (!intent->ksk_holder.empty()) text += ", KSK holder: " + intent->ksk_holder;
        if (!intent->secure) text += ", insecure";
        const auto before = std::exchange(r.intent, *intent).signers;
        // What was decided was for the old wish: nobody shall take its "done" for ours.
        const Instant now = d_.clock.now();
        r.decision = {};
        r.decision.state = model::Decision::State::act;
        r.decided = now;
        auto sorted = intent->signers;
        std::ranges::sort(sorted);
        // The engine fills in the minimum when it has looked.
        if (sorted != r.settled)
            r.transition = port::Transition{r.settled.empty() ? before : r.settled, intent->signers, now, kNever, 0};
        return event(d_.clock.now(), "intent", text, {{"intent", model::to_json(*intent)}});
    });
    if (!saved) return std::unexpected(saved.error());
    json::object out = zone_summary_json(*saved).as_object();
    out["probes"] = std::move(wanted->reports);
    return out;
}

void Service::note(const dns::Name& zone, const std::string& kind, const std::string& text) {
    (void)edit(zone.text(), "",
               [&](port::ZoneRecord&) -> Result<port::Event> { return event(d_.clock.now(), kind, text); });
}

Result<Json> Service::set_mode(const std::string& name, const std::string& mode, const std::string& match) {
    if (mode != "automatic" && mode != "manual")
        return problem("mode-invalid", ErrorKind::invalid, '"' + mode + "\" is not a mode", "mode",
                       "automatic or manual");
    auto saved = edit(name, match, [&](port::ZoneRecord& r) -> Result<port::Event> {
        r.mode = mode == "manual" ? port::Mode::manual : port::Mode::automatic;
        r.steps = 0;
        return event(d_.clock.now(), "mode", mode);
    });
    if (!saved) return std::unexpected(saved.error());
    return zone_summary_json(*saved);
}

Result<Json> Service::set_paused(const std::string& name, bool paused, const std::string& match) {
    auto saved = edit(name, match, [&](port::ZoneRecord& r) -> Result<port::Event> {
        r.paused = paused;
        return event(d_.clock.now(), paused ? "paused" : "resumed",
                     paused ? "paused: nothing is changed until it is resumed" : "resumed");
    });
    if (!saved) return std::unexpected(saved.error());
    return zone_summary_json(*saved);
}

Result<Json> Service::step(const std::string& name, const std::string& match) {
    auto saved = edit(name, match, [&](port::ZoneRecord& r) -> Result<port::Event> {
        if (r.mode != port::Mode::manual)
            return problem("mode-automatic", ErrorKind::conflict, "the zone is in automatic mode", r.zone.text(),
                           "steps are for manual mode: `tutti mode " + r.zone.text() + " manual`");
        ++r.steps;
        return event(d_.clock.now(), "step", "one step is allowed");
    });
    if (!saved) return std::unexpected(saved.error());
    return zone_summary_json(*saved);
}

} // namespace tutti::serve
