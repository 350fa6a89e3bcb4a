#include "serve/views.hpp"

#include "dnssec/hash.hpp"
#include "model/json.hpp"
#include "plan/records.hpp"
#include "serve/views_parts.hpp"

#include <algorithm>

namespace tutti::serve {

namespace json = boost::json;

namespace {

// Each address, when it last answered, and whether it serves what the first one does.
template <class Content>
void add_sights(json::array& out, const model::Track<Content>& track) {
    const auto* current = track.current();
    for (const auto& s : track.sights) {
        json::object one;
        one["address"] = s.address;
        one["answered"] = time_json(s.at);
        one["same"] = s.version >= 0 && current != nullptr && track.version(s).content == current->content;
        if (!s.problem.empty()) one["problem"] = s.problem;
        if (s.silent_since != kNever) one["silent_since"] = time_json(s.silent_since);
        out.push_back(std::move(one));
    }
}

json::object signer_json(const model::Knowledge& k, int index) {
    const auto& s = k.signers[static_cast<std::size_t>(index)];
    json::object out;
    out["name"] = s.name;
    json::array keys;
    for (std::size_t i = 0; i < k.keys.size(); ++i) {
        const auto& key = k.keys[i];
        if (key.owner != index) continue;
        keys.push_back({{"key", model::key_label(k, static_cast<int>(i))},
                        {"tag", key.tag},
                        {"algorithm", key.algorithm},
                        {"role", role(key)}});
    }
    out["own_keys"] = std::move(keys);
    if (const auto* v = s.dnskey.current()) {
        out["dnskey"] = keys_json(k, v->content.keys);
        out["dnskey_ttl"] = v->ttl;
        out["dnskey_signed_by"] = keys_json(k, v->content.signed_by);
    }
    if (const auto* v = s.data.current()) {
        out["data_signed_by"] = keys_json(k, v->content.keys);
        out["data_ttl_max"] = v->ttl;
    }
    if (const auto* v = s.ns_child.current()) {
        out["ns"] = ns_json(k, v->content);
        out["ns_ttl"] = v->ttl;
    }
    if (const auto* v = s.cds.current()) {
        out["cds"] = keys_json(k, v->content.cds);
        out["cdnskey"] = keys_json(k, v->content.cdnskey);
    }
    if (const auto* v = s.csync.current()) out["csync"] = v->content;
    json::array servers;
    add_sights(servers, s.dnskey);
    out["servers"] = std::move(servers);
    out["problem"] = s.problem;
    out["remedy"] = s.remedy;
    if (s.declared_dead != kNever) out["declared_dead"] = time_json(s.declared_dead);
    return out;
}

json::object parent_json(const model::Knowledge& k) {
    json::object out;
    out["name"] = k.parent.name;
    out["mode"] = k.parent.mode == model::ParentMode::direct ? "direct"
                  : k.parent.mode == model::ParentMode::cds  ? "cds"
                                                             : "manual";
    if (const auto* v = k.parent.ds.current()) {
        out["ds"] = keys_json(k, v->content);
        out["ds_ttl"] = v->ttl;
    }
    if (const auto* v = k.parent.ns.current()) {
        out["ns"] = ns_json(k, v->content);
        out["ns_ttl"] = v->ttl;
    }
    json::array servers;
    add_sights(servers, k.parent.ds);
    out["servers"] = std::move(servers);
    out["problem"] = k.parent.problem;
    out["remedy"] = k.parent.remedy;
    return out;
}

Json version_name_json(const model::VersionName& v) {
    return json::object{
        {"track", v.track}, {"at", v.at}, {"content", names_json(v.content)}, {"from", time_json(v.from)}};
}

Json reason_json(const model::Reason& r) {
    json::object out{{"kind", to_string(r.kind)}, {"text", r.text},     {"who", r.who},
                     {"blocks", r.blocks},        {"remedy", r.remedy}, {"until", time_json(r.until)}};
    out["awaits"] = r.awaits ? version_name_json(*r.awaits) : Json(nullptr);
    return out;
}

Json alarm_json(const model::Alarm& a) {
    json::object out = reason_json(a).as_object();
    out["code"] = a.code;
    out["what"] = a.what;
    out["since"] = time_json(a.since);
    return out;
}

// `at`: the signer's name or "parent"; `records`: exactly what is added and removed, in presentation form.
Json action_json(const model::Action& a, const model::Knowledge& k, const model::Policy& policy) {
    json::object out;
    out["kind"] = to_string(a.kind);
    out["at"] = a.signer == model::kNobody ? "parent" : k.signers[static_cast<std::size_t>(a.signer)].name;
    json::array add = keys_json(k, a.add_keys), remove = keys_json(k, a.remove_keys);
    for (auto& n : ns_json(k, a.add_names)) add.push_back(std::move(n));
    for (auto& n : ns_json(k, a.remove_names)) remove.push_back(std::move(n));
    if (a.kind == model::Action::Kind::csync) (a.csync_on ? add : remove).push_back("CSYNC");
    out["add"] = std::move(add);
    out["remove"] = std::move(remove);
    out["because"] = a.because;
    json::array adds, removes;
    for (const auto& change : plan::compile(a, k, policy)) {
        for (const auto& rdata : change.add)
            adds.emplace_back(json::string(dns::to_text({change.owner, change.type, change.ttl, rdata})));
        for (const auto& rdata : change.remove)
            removes.emplace_back(json::string(dns::to_text({change.owner, change.type, change.ttl, rdata})));
    }
    out["records"] = json::object{{"add", std::move(adds)}, {"remove", std::move(removes)}};
    return out;
}

Json transition_json(const port::Transition& t, Instant now) {
    const double elapsed = to_seconds((t.ended == kNever ? now : t.ended) - t.started);
    json::object out{{"from", names_json(t.from)},  {"to", names_json(t.to)}, {"started", time_json(t.started)},
                     {"ended", time_json(t.ended)}, {"elapsed", elapsed},     {"minimum", t.minimum_s}};
    // Nothing to compare with when caches ask for no time at all.
    out["ratio"] = t.ended != kNever && t.minimum_s > 0 ? json::value(elapsed / t.minimum_s) : json::value(nullptr);
    return out;
}

// Manual parent: the records that a person has to submit.
json::array submit_json(const port::ZoneRecord& r) {
    json::array out;
    if (!r.knowledge || r.knowledge->parent.mode != model::ParentMode::manual) return out;
    const auto& parent = r.knowledge->parent;
    model::Action ds{.kind = model::Action::Kind::ds}, ns{.kind = model::Action::Kind::ns_parent};
    const auto* now_ds = parent.ds.current();
    const auto* want_ds = parent.ds.in_flight();
    const auto* now_ns = parent.ns.current();
    const auto* want_ns = parent.ns.in_flight();
    const auto add = [&](const model::Action& a) {
        for (const auto& record : plan::wanted_at_parent(a, *r.knowledge, r.intent.policy))
            out.emplace_back(json::string(dns::to_text(record)));
    };
    if (now_ds != nullptr && want_ds != nullptr) {
        ds.add_keys = want_ds->content - now_ds->content;
        ds.remove_keys = now_ds->content - want_ds->content;
        add(ds);
    }
    if (now_ns != nullptr && want_ns != nullptr) {
        ns.add_names = want_ns->content - now_ns->content;
        ns.remove_names = now_ns->content - want_ns->content;
        add(ns);
    }
    return out;
}

void add_common(json::object& out, const port::ZoneRecord& r) {
    out = to_json(summary_of(r));
    // Here they are lists.
    out.erase("because");
    out.erase("alarms");
}

} // namespace

Json time_json(Instant t) {
    if (t == kNever || t == kLongAgo) return nullptr;
    return json::value(json::string(to_rfc3339(t)));
}

const char* to_string(port::Mode mode) {
    return mode == port::Mode::manual ? "manual" : "automatic";
}

Json event_json(const dns::Name& zone, const port::Event& e) {
    json::object out{{"id", e.id}, {"zone", zone.text()}, {"at", time_json(e.at)}, {"kind", e.kind}, {"text", e.text}};
    if (!e.detail.empty()) {
        auto detail = model::parse_json(e.detail);
        out["detail"] = detail ? *detail : json::value(json::string(e.detail));
    }
    return out;
}

Json probe_json(const std::string& who, const port::ProbeReport& report) {
    using Verdict = port::Check::Verdict;
    const auto verdict = [](Verdict v) {
        return v == Verdict::ok        ? "ok"
               : v == Verdict::warning ? "warning"
               : v == Verdict::failed  ? "failed"
                                       : "unknown";
    };
    const auto can = [](const model::Capability& c) -> Json {
        const char* word = c.can == model::Can::yes ? "yes" : c.can == model::Can::no ? "no" : "unknown";
        return json::object{{"can", word}, {"why", c.why}};
    };
    json::object out{{"name", who}, {"usable", report.usable()}, {"software", report.software}};
    out["checks"] = list_json(report.checks, [&](const port::Check& c) {
        return json::object{{"what", c.what}, {"verdict", verdict(c.verdict)}, {"seen", c.seen}, {"remedy", c.remedy}};
    });
    out["capabilities"] = json::object{{"foreign_dnskey", can(report.can.foreign_dnskey)},
                                       {"foreign_sep", can(report.can.foreign_sep)},
                                       {"cds", can(report.can.cds)},
                                       {"csync", can(report.can.csync)},
                                       {"apex_ns", can(report.can.apex_ns)},
                                       {"signed_dnskey", can(report.can.signed_dnskey)},
                                       {"publishes_own_cds", report.can.publishes_own_cds}};
    return out;
}

Json world_json(const model::Knowledge& k, Instant) {
    json::object out;
    json::array signers;
    for (std::size_t i = 0; i < k.signers.size(); ++i) signers.push_back(signer_json(k, static_cast<int>(i)));
    out["signers"] = std::move(signers);
    out["parent"] = parent_json(k);
    return out;
}

Json decision_json(const port::ZoneRecord& r, Instant now) {
    json::object out;
    add_common(out, r);
    const auto& d = r.decision;
    out["now"] = time_json(now);
    out["until"] = time_json(d.until);
    out["seconds_left"] =
        d.until == kNever ? json::value(nullptr) : json::value(std::max(0.0, to_seconds(d.until - now)));
    out["because"] = list_json(d.because, reason_json);
    out["alarms"] = list_json(d.told(), alarm_json);
    out["actions"] =
        r.knowledge ? list_json(d.actions, [&](const auto& a) { return action_json(a, *r.knowledge, r.intent.policy); })
                    : json::array{};
    out["submit"] = submit_json(r);
    return out;
}

Json explain_json(const port::ZoneRecord& r, Instant now) {
    json::object out = decision_json(r, now).as_object();
    out["transition"] = r.transition ? transition_json(*r.transition, now) : json::value(nullptr);
    out["view"] = r.knowledge ? world_json(*r.knowledge, now) : json::value(nullptr);
    return out;
}

Json zone_json(const port::ZoneRecord& r, const std::vector<port::Transition>& ended, Instant now) {
    json::object out;
    add_common(out, r);
    out["policy"] = model::to_json(r.intent.policy);
    out["transition"] = r.transition ? transition_json(*r.transition, now) : json::value(nullptr);
    out["transitions"] = list_json(ended, [&](const auto& t) { return transition_json(t, now); });
    out["view"] = r.knowledge ? world_json(*r.knowledge, now) : json::value(nullptr);
    return out;
}

Json signals_json(const model::SignalState& state) {
    if (state.ours.empty() && state.notes.empty()) return nullptr;
    json::object out{{"complete", state.complete}};
    out["at"] = list_json(state.ours, [](const model::SignalRecords& s) {
        return json::object{{"owner", s.owner.text()}, {"zone", s.place.zone.text()}, {"signer", s.place.signer}};
    });
    out["notes"] = names_json(state.notes);
    return out;
}

Json intent_json(const port::ZoneRecord& r) {
    json::object out = model::to_json(r.intent).as_object();
    out["zone"] = r.zone.text();
    out["etag"] = etag_of(r);
    return out;
}

std::string etag_of(const port::ZoneRecord& r) {
    const json::value own{model::to_json(r.intent), to_string(r.mode), r.paused, r.steps};
    return '"' + dnssec::sha256_hex(r.zone.text() + serialize(own)).substr(0, 32) + '"';
}

Summary summary_of(const port::ZoneRecord& r) {
    const auto& d = r.decision;
    return {.zone = r.zone,
            .parent = r.parent,
            .members = r.intent.signers,
            .dead = r.intent.dead,
            .settled = r.settled,
            .state = r.knowledge ? to_string(d.state) : "new",
            .waits_for = d.because.empty() ? "" : d.because.front().text,
            .etag = etag_of(r),
            .mode = r.mode,
            .paused = r.paused,
            .secure = r.intent.secure,
            .steps = r.steps,
            .alarms = d.told().size(),
            .since = r.decided,
            .until = d.until,
            .revision = r.revision};
}

json::object to_json(const Summary& s) {
    return {{"zone", s.zone.text()},
            {"parent", s.parent},
            {"members", names_json(s.members)},
            {"dead", names_json(s.dead)},
            {"secure", s.secure},
            {"settled", names_json(s.settled)},
            {"mode", to_string(s.mode)},
            {"paused", s.paused},
            {"steps", s.steps},
            {"revision", s.revision},
            {"state", s.state},
            {"waits_for", s.waits_for},
            {"because", s.waits_for},
            {"since", time_json(s.since)},
            {"until", time_json(s.until)},
            {"alarms", s.alarms},
            {"etag", s.etag}};
}

Json zone_summary_json(const port::ZoneRecord& r) {
    return to_json(summary_of(r));
}

Json forecast_json(const plan::Forecast& f, const model::Intent& intent, Instant now) {
    const auto after = [&](Instant t) { return t == kNever ? json::value(nullptr) : json::value(to_seconds(t - now)); };
    json::object out;
    out["now"] = time_json(now);
    out["members"] = names_json(intent.signers);
    out["dead"] = names_json(intent.dead);
    out["secure"] = intent.secure;
    out["end"] = f.end == plan::Forecast::End::done ? "done" : "blocked";
    out["because"] = list_json(f.because, reason_json);
    json::array steps;
    std::size_t changes = 0;
    for (const auto& s : f.steps) {
        json::object one;
        one["at"] = time_json(s.at);
        one["after_s"] = after(s.at);
        one["actions"] = list_json(s.actions, [&](const auto& a) { return action_json(a, s.before, intent.policy); });
        one["breaks"] = list_json(s.breaks, reason_json);
        one["waits"] = list_json(s.then_waits, reason_json);
        one["until"] = time_json(s.until);
        one["until_s"] = after(s.until);
        steps.push_back(std::move(one));
        changes += s.actions.size();
    }
    out["steps"] = std::move(steps);
    out["changes"] = changes;
    out["versions"] = versions_json(f.after);
    out["finished"] = time_json(f.finished);
    out["total_s"] = after(f.finished);
    out["no_cheap_return_after_step"] =
        f.point_of_no_cheap_return < 0 ? json::value(nullptr) : json::value(f.point_of_no_cheap_return);
    return out;
}

} // namespace tutti::serve
