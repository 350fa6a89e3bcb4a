#include "engine/journal.hpp"

#include "plan/reasons.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tutti::engine {

namespace json = boost::json;
using model::Knowledge;

namespace {

json::array labels(const Knowledge& k, model::KeySet keys) {
    json::array out;
    for (int i : keys) out.push_back(json::string(model::key_label(k, i)));
    return out;
}
json::array signers(const Knowledge& k, model::NameSet names) {
    json::array out;
    for (int s : plan::owners(k, names)) out.push_back(json::string(k.signers[static_cast<std::size_t>(s)].name));
    return out;
}

void content(json::object& o, const Knowledge& k, const model::DnskeySet& c) {
    o["content"] = labels(k, c.keys);
    o["signed_by"] = labels(k, c.signed_by);
}
void content(json::object& o, const Knowledge& k, const model::Data& c) {
    o["content"] = labels(k, c.keys);
}
void content(json::object& o, const Knowledge& k, const model::KeySet& c) {
    o["content"] = labels(k, c);
}
void content(json::object& o, const Knowledge& k, const model::NameSet& c) {
    o["content"] = signers(k, c);
}

json::value time_value(Instant t) {
    return t == kNever ? json::value(nullptr) : json::value(to_seconds(t));
}

std::string describe(const Knowledge& k, const model::DnskeySet& c) {
    return "{" + key_labels(k, c.keys) + "}";
}
std::string describe(const Knowledge& k, const model::Data& c) {
    return "signed by {" + key_labels(k, c.keys) + "}";
}
std::string describe(const Knowledge& k, const model::KeySet& c) {
    return "{" + key_labels(k, c) + "}";
}
std::string describe(const Knowledge& k, const model::NameSet& c) {
    return "{" + name_labels(k, c) + "}";
}

template <class Track>
void journal_track(Events& out, const Knowledge& k, const char* what, const std::string& signer, const Track* before,
                   const Track& after, Instant now) {
    for (const auto& v : after.versions) {
        if (v.unknown || v.pending || v.supposed()) continue;
        const bool known =
            before != nullptr && std::ranges::any_of(before->versions, [&](const auto& old) {
                return !old.pending && old.from == v.from && old.until == v.until && old.content == v.content;
            });
        if (known) continue;
        json::object o{{"track", what}};
        if (!signer.empty()) o["signer"] = signer;
        o["from"] = v.from == kLongAgo ? json::value(nullptr) : time_value(v.from);
        o["until"] = time_value(v.until);
        o["ttl"] = v.ttl;
        content(o, k, v.content);
        std::string where = signer.empty() ? "the parent" : signer;
        out.push_back(
            {0, now, "version",
             fmt::format("{} {} {} {}", where, v.open() ? "serves" : "no longer serves", what, describe(k, v.content)),
             json::serialize(o)});
    }
}

// Those told of in `some` that are not among `others`, each once.
void journal_alarms(Events& out, const char* kind, const std::vector<model::Alarm>& some,
                    const std::vector<model::Alarm>& others, Instant now) {
    std::vector<const model::Alarm*> done;
    for (const auto& a : some) {
        const auto same = [&](const model::Alarm& b) { return b.told && a.same(b); };
        if (!a.told || std::ranges::any_of(others, same) ||
            std::ranges::any_of(done, [&](const auto* b) { return a.same(*b); }))
            continue;
        done.push_back(&a);
        json::object o{{"code", a.code}, {"who", a.who}, {"what", a.what}, {"remedy", a.remedy}};
        if (a.since != kNever) o["since"] = to_rfc3339(a.since);
        const bool over = std::string_view(kind) == "cleared";
        const auto text = over ? "over: " + a.text : a.text + (a.remedy.empty() ? "" : ". " + a.remedy);
        out.push_back({0, now, kind, text, json::serialize(o)});
    }
}

const char* word(model::Decision::State s) {
    switch (s) {
    case model::Decision::State::act:
        return "acting";
    case model::Decision::State::wait:
        return "waiting";
    case model::Decision::State::blocked:
        return "blocked";
    case model::Decision::State::done:
        return "done";
    }
    return "";
}

} // namespace

void journal_versions(Events& out, const Knowledge& before, const Knowledge& after, Instant now) {
    journal_track(out, after, "ds", "", &before.parent.ds, after.parent.ds, now);
    journal_track(out, after, "ns-parent", "", &before.parent.ns, after.parent.ns, now);
    for (const auto& s : after.signers) {
        const auto* old = before.find_signer(s.name);
        journal_track(out, after, "dnskey", s.name, old == nullptr ? nullptr : &old->dnskey, s.dnskey, now);
        journal_track(out, after, "data", s.name, old == nullptr ? nullptr : &old->data, s.data, now);
        journal_track(out, after, "ns-child", s.name, old == nullptr ? nullptr : &old->ns_child, s.ns_child, now);
    }
}

void journal_decision(Events& out, const model::Decision& before, const model::Decision& after, const Knowledge& k,
                      Instant now) {
    (void)k;
    journal_alarms(out, "alarm", after.alarms, before.alarms, now);
    journal_alarms(out, "cleared", before.alarms, after.alarms, now);
    const auto binding = [](const model::Decision& d) {
        return d.because.empty() ? model::Reason{} : d.because.front();
    };
    bool same =
        before.state == after.state && binding(before).blocks == binding(after).blocks && before.until == after.until;
    if (same || after.state == model::Decision::State::act) return;
    std::string text = word(after.state);
    if (after.until != kNever) text += " until " + to_rfc3339(after.until);
    if (!after.because.empty()) text += ": " + after.because.front().text;
    out.push_back({0, now, "decision", text, ""});
}

void journal_action(Events& out, const model::Action& a, const Knowledge& k, Instant now) {
    json::object o{{"at", to_seconds(now)}, {"do", model::to_string(a.kind)}, {"because", a.because}};
    if (a.signer != model::kNobody) o["at_signer"] = k.signers[static_cast<std::size_t>(a.signer)].name;
    bool names = a.kind == model::Action::Kind::ns_child || a.kind == model::Action::Kind::ns_parent;
    o["add"] = names ? signers(k, a.add_names) : labels(k, a.add_keys);
    o["remove"] = names ? signers(k, a.remove_names) : labels(k, a.remove_keys);
    out.push_back({0, now, "action", plan::headline(k, a), json::serialize(o)});
}

void journal_failure(Events& out, const model::Action& a, const Error& error, const Knowledge& k, Instant now) {
    out.push_back(
        {0, now, "result", fmt::format("{}: {}: {}", plan::headline(k, a), to_string(error.kind), error.text()), ""});
}

void journal_end(Events& out, const port::Transition& t, Instant now) {
    const auto list = [](const std::vector<std::string>& names) {
        return names.empty() ? "nobody" : fmt::format("{}", fmt::join(names, "+"));
    };
    double elapsed = to_seconds(t.ended - t.started);
    out.push_back(
        {0, now, "done",
         fmt::format("{} -> {} in {:.1f} s (minimum {:.1f} s)", list(t.from), list(t.to), elapsed, t.minimum_s), ""});
}

} // namespace tutti::engine
