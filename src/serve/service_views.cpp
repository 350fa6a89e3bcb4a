// What can be read of one zone.
#include "engine/signaller.hpp"
#include "serve/service.hpp"
#include "serve/views.hpp"

namespace tutti::serve {

namespace json = boost::json;

namespace {

// Before the first look nothing is known, which is no error.
model::Knowledge known(const port::ZoneRecord& r) {
    return r.knowledge.value_or(model::Knowledge{r.zone, {}, {}, {}, {}});
}

} // namespace

Result<Json> Service::show(const std::string& name, const std::function<Json(const port::ZoneRecord&)>& how) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    return how(*record);
}

Result<Json> Service::zone(const std::string& name) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    auto ended = d_.store.transitions(record->zone);
    if (!ended) return problem(ended.error());
    auto out = zone_json(*record, *ended, d_.clock.now());
    if (const auto signals = engine::load_signals(d_.store, record->zone))
        out.as_object()["signals"] = signals_json(*signals);
    return out;
}

Result<Json> Service::explain(const std::string& name) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    auto out = explain_json(*record, d_.clock.now());
    out.as_object()["trouble"] = d_.trouble();
    if (const auto signals = engine::load_signals(d_.store, record->zone))
        out.as_object()["signals"] = signals_json(*signals);
    return out;
}

Result<Json> Service::history(const std::string& name, std::int64_t after, std::size_t limit) {
    auto record = load(name);
    if (!record) return std::unexpected(record.error());
    auto events = d_.store.events(record->zone, after, limit);
    if (!events) return problem(events.error());
    json::array out;
    for (const auto& e : *events) out.push_back(event_json(record->zone, e));
    return json::object{{"zone", record->zone.text()}, {"events", std::move(out)}};
}

Result<Json> Service::intent(const std::string& name) {
    return show(name, intent_json);
}

Result<Json> Service::decision(const std::string& name) {
    return show(name, [&](const auto& r) { return decision_json(r, d_.clock.now()); });
}

Result<Json> Service::observation(const std::string& name) {
    return show(name, [&](const auto& r) {
        json::object out = world_json(known(r), d_.clock.now()).as_object();
        out["zone"] = r.zone.text();
        return Json(std::move(out));
    });
}

Result<Json> Service::keys(const std::string& name) {
    return show(name, [](const auto& r) { return all_keys_json(known(r)); });
}

Result<Json> Service::timeline(const std::string& name) {
    return show(name, [&](const auto& r) { return timeline_json(known(r), d_.clock.now()); });
}

Result<Json> Service::forecast(const std::string& name) {
    return show(name, [&](const auto& r) {
        const auto now = d_.clock.now();
        json::object out = forecast_json(plan::forecast(r.intent, known(r), now), r.intent, now).as_object();
        out["zone"] = r.zone.text();
        return Json(std::move(out));
    });
}

} // namespace tutti::serve
