#include "serve/metrics.hpp"

#include "model/json.hpp"
#include "plan/alarms.hpp"

#include <algorithm>

namespace tutti::serve {

namespace {

constexpr const char* kStates[] = {"new", "act", "wait", "blocked", "done"};
constexpr const char* kEvents[] = {"action", "alarm", "cleared", "decision", "done", "result", "version"};

Sample one(double value) {
    return {{}, value};
}
Sample of(const char* label, const std::string& word, double value) {
    return {{{label, word}}, value};
}

std::string kind_of_action(const port::Event& e) {
    const auto detail = model::parse_json(e.detail);
    const auto* fields = detail ? detail->if_object() : nullptr;
    const auto* what = fields == nullptr ? nullptr : fields->if_contains("do");
    return what != nullptr && what->is_string() ? std::string(what->get_string()) : "other";
}

} // namespace

void Metrics::update(const port::ZoneRecord& record, const std::vector<port::Event>& events) {
    Zone now;
    now.state = record.knowledge ? to_string(record.decision.state) : "new";
    now.paused = record.paused;
    now.manual = record.mode == port::Mode::manual;
    now.change = record.transition;
    now.until = record.decision.until;
    for (const auto& a : record.decision.told()) now.alarms.insert({a.code.empty() ? "unsafe" : a.code, a.who, a.what});
    const std::lock_guard guard(mutex_);
    const auto before = zones_.find(record.zone);
    for (const auto& e : events) count(e, before == zones_.end() ? nullptr : &before->second);
    zones_.insert_or_assign(record.zone, std::move(now));
}

void Metrics::count(const port::Event& e, const Zone* before) {
    ++events_[e.kind];
    if (e.kind == "action") ++actions_[kind_of_action(e)];
    if (e.kind == "result") ++failures_;
    if (e.kind != "done") return;
    ++changes_;
    if (before == nullptr || !before->change) return;
    change_seconds_ += to_seconds(e.at - before->change->started);
    minimum_seconds_ += before->change->minimum_s;
}

void Metrics::remove(const dns::Name& zone) {
    const std::lock_guard guard(mutex_);
    zones_.erase(zone);
}
void Metrics::looked(Duration took) {
    const std::lock_guard guard(mutex_);
    ++looks_;
    look_seconds_ += to_seconds(took);
}
void Metrics::passed() {
    const std::lock_guard guard(mutex_);
    ++passes_;
}
void Metrics::channel(const std::string& name, const Channel& state) {
    const std::lock_guard guard(mutex_);
    channels_[name] = state;
}

void Metrics::add_zones(std::vector<Family>& out) const {
    std::map<std::string, double> states, codes;
    for (const char* s : kStates) states[s] = 0;
    for (const char* c : plan::kAlarmCodes) codes[c] = 0;
    double paused = 0, manual = 0;
    Family alarms{"tutti_zone_alarm", "gauge", "An alarm that holds now, of one zone.", {}};
    Family started{"tutti_zone_change_started_seconds",
                   "gauge",
                   "When the change of signers that is under way was asked for.",
                   {}};
    Family minimum{"tutti_zone_change_minimum_seconds", "gauge", "How long caches make this change take at least.", {}};
    Family until{"tutti_zone_wait_until_seconds", "gauge", "When the present wait of this change ends by itself.", {}};
    for (const auto& [name, z] : zones_) {
        ++states[z.state];
        paused += z.paused ? 1 : 0;
        manual += z.manual ? 1 : 0;
        for (const auto& [code, who, what] : z.alarms) {
            ++codes[code];
            alarms.samples.push_back({{{"zone", name.text()}, {"code", code}, {"who", who}, {"what", what}}, 1});
        }
        if (!z.change) continue;
        started.samples.push_back(of("zone", name.text(), to_seconds(z.change->started)));
        minimum.samples.push_back(of("zone", name.text(), z.change->minimum_s));
        if (z.until != kNever) until.samples.push_back(of("zone", name.text(), to_seconds(z.until)));
    }
    const auto changing = static_cast<double>(started.samples.size());
    Family by_state{"tutti_zones", "gauge", "Zones by the state of their last decision.", {}};
    for (const auto& [state, n] : states) by_state.samples.push_back(of("state", state, n));
    Family by_code{"tutti_alarms", "gauge", "Alarms that hold now, over all zones.", {}};
    for (const auto& [code, n] : codes) by_code.samples.push_back(of("code", code, n));
    out.push_back(std::move(by_state));
    out.push_back(
        {"tutti_zones_paused", "gauge", "Zones in which nothing is changed until they are resumed.", {one(paused)}});
    out.push_back({"tutti_zones_manual", "gauge", "Zones in manual mode.", {one(manual)}});
    out.push_back({"tutti_zones_changing", "gauge", "Zones with a change of signers under way.", {one(changing)}});
    for (auto* f : {&by_code, &alarms, &started, &minimum, &until}) out.push_back(std::move(*f));
}

void Metrics::add_counts(std::vector<Family>& out) const {
    const auto by = [](const char* name, const char* help, const char* label,
                       const std::map<std::string, std::uint64_t>& counts) {
        Family f{name, "counter", help, {}};
        for (const auto& [word, n] : counts) f.samples.push_back(of(label, word, static_cast<double>(n)));
        return f;
    };
    auto events = events_;
    for (const char* e : kEvents) events.try_emplace(e, 0);
    out.push_back(by("tutti_events_total", "Events written down, by kind.", "kind", events));
    out.push_back(by("tutti_actions_total", "Changes sent to signers and parents, by kind.", "kind", actions_));
    out.push_back({"tutti_action_failures_total",
                   "counter",
                   "Changes that were refused or got no reply.",
                   {one(static_cast<double>(failures_))}});
    const auto changes = static_cast<double>(changes_);
    out.push_back({"tutti_change_seconds",
                   "summary",
                   "How long ended changes of signers took.",
                   {{{}, change_seconds_, "_sum"}, {{}, changes, "_count"}}});
    out.push_back({"tutti_change_minimum_seconds_total",
                   "counter",
                   "How long caches made the ended changes take at least, added up.",
                   {one(minimum_seconds_)}});
    out.push_back({"tutti_passes_total",
                   "counter",
                   "Passes over a zone: looked, decided, acted.",
                   {one(static_cast<double>(passes_))}});
    out.push_back({"tutti_look_seconds",
                   "summary",
                   "How long it took to ask all servers of a zone.",
                   {{{}, look_seconds_, "_sum"}, {{}, static_cast<double>(looks_), "_count"}}});
}

void Metrics::add_channels(std::vector<Family>& out) const {
    Family waiting{"tutti_alert_outbox", "gauge", "Messages about alarms that have not been delivered yet.", {}};
    Family sent{"tutti_alerts_sent_total", "counter", "Messages about alarms that were delivered.", {}};
    Family failed{"tutti_alert_failures_total", "counter", "Attempts to deliver a message that failed.", {}};
    Family dropped{"tutti_alerts_dropped_total", "counter", "Messages that were given up.", {}};
    for (const auto& [name, c] : channels_) {
        waiting.samples.push_back(of("channel", name, static_cast<double>(c.waiting)));
        sent.samples.push_back(of("channel", name, static_cast<double>(c.sent)));
        failed.samples.push_back(of("channel", name, static_cast<double>(c.failed)));
        dropped.samples.push_back(of("channel", name, static_cast<double>(c.dropped)));
    }
    for (auto* f : {&waiting, &sent, &failed, &dropped}) out.push_back(std::move(*f));
}

std::vector<Family> Metrics::families(const Moment& m) const {
    const std::lock_guard guard(mutex_);
    std::vector<Family> out;
    out.push_back({"tutti_build_info", "gauge", "The program that runs.", {of("version", m.version, 1)}});
    out.push_back({"tutti_start_time_seconds", "gauge", "When it was started.", {one(to_seconds(started_))}});
    out.push_back(
        {"tutti_halted", "gauge", "1: nothing is done at present; health says why.", {one(m.halted ? 1 : 0)}});
    out.push_back({"tutti_queue_behind_seconds",
                   "gauge",
                   "How long the zone that is due first has been waiting.",
                   {one(to_seconds(m.behind))}});
    add_zones(out);
    add_counts(out);
    add_channels(out);
    return out;
}

model::Observation TimedWorld::observe(const port::ZoneSetup& setup) {
    const auto started = clock_.now();
    auto out = inner_.observe(setup);
    metrics_.looked(clock_.now() - started);
    return out;
}

Route metrics_route(const Metrics& metrics, std::function<Metrics::Moment()> moment) {
    return {"GET", "/metrics", "What Prometheus reads", Scope::read,
            [&metrics, moment = std::move(moment)](const Request&) -> Result<Reply> {
                return Reply("text/plain; version=0.0.4; charset=utf-8", exposition(metrics.families(moment())));
            }};
}

} // namespace tutti::serve
