#include "app/render_agent.hpp"

#include "agent/agent_json.hpp"
#include "parent/delegation.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <ranges>

namespace tutti::app {

namespace {

Colour colour_of_kind(const std::string& kind) {
    if (kind == "done") return Colour::green;
    if (kind == "reject" || kind == "refused" || kind == "suspended") return Colour::red;
    if (kind == "retry" || kind == "hold" || kind == "held" || kind == "unreachable") return Colour::yellow;
    return Colour::plain;
}

std::string moment_at(const Json& v, std::string_view key) {
    return to_rfc3339(Instant{Duration{static_cast<std::int64_t>(number_at(v, key))}});
}

void line(Page& page, const Json& e, bool with_child) {
    const auto times = static_cast<int>(number_at(e, "times"));
    page.entry(clock_time(text_at(e, "at")),
               fmt::format("{}{} {}{}", with_child ? text_at(e, "child") + " " : "", text_at(e, "kind"),
                           text_at(e, "text"),
                           times > 1 ? fmt::format(" ({} times, last {})", times, clock_time(text_at(e, "last"))) : ""),
               colour_of_kind(text_at(e, "kind")));
}

void remembered(Page& page, const Json& a) {
    const auto& r = at(a, "remembered");
    if (const auto& c = at(r, "last_change"); c.is_object())
        page.entry("changed", fmt::format("{} ({})", moment_at(c, "at_us"), text_at(c, "channel")));
    if (flag_at(a, "suspended"))
        page.entry("suspended", "its DS were removed by another channel; a DS by that channel ends it", Colour::red);
    if (const auto& d = at(r, "delay"); d.is_object())
        page.entry("watched", fmt::format("unchanged since {}, {} looks that count", moment_at(d, "first_us"),
                                          static_cast<int>(number_at(d, "runs"))));
    if (flag_at(a, "notifies")) page.entry("notifies", "its last change was told of by NOTIFY: scans come less often");
    if (!text_at(a, "look_at").empty()) page.entry("next look", text_at(a, "look_at"));
    if (!text_at(a, "restore_at").empty())
        page.entry("DS TTL", fmt::format("{} again at {}", static_cast<int>(number_at(a, "restore_ttl")),
                                         text_at(a, "restore_at")));
}

} // namespace

Json to_json(const agent::Entry& e, bool detail) {
    boost::json::object out{{"id", e.id},
                            {"at", to_rfc3339(e.at)},
                            {"last", to_rfc3339(e.last)},
                            {"times", e.times},
                            {"child", e.child ? e.child->text() : ""},
                            {"kind", e.kind},
                            {"text", e.text}};
    if (detail && !e.detail.empty())
        if (auto parsed = agent::parse_json(e.detail)) out["detail"] = *std::move(parsed);
    return out;
}

Json child_json(const dns::Name& child, const agent::Memory& m, const std::vector<agent::Submission>& open,
                const std::vector<agent::Entry>& entries) {
    boost::json::object out{{"child", child.text()}, {"suspended", m.suspended}, {"notifies", m.notifies}};
    if (auto parsed = agent::parse_json(agent::remembered_to_text(m))) out["remembered"] = *std::move(parsed);
    if (m.look_at) out["look_at"] = to_rfc3339(*m.look_at);
    if (m.ttl) {
        out["restore_at"] = to_rfc3339(m.ttl->at);
        out["restore_ttl"] = m.ttl->ttl;
    }
    boost::json::array under_way, list;
    for (const auto& s : open)
        under_way.push_back({{"at", to_rfc3339(s.at)},
                             {"state", s.state == agent::Submission::State::pending ? "pending" : "recorded"},
                             {"change", parent::in_words(s.verdict.change)}});
    for (const auto& e : entries) list.push_back(to_json(e, true));
    out["open"] = std::move(under_way);
    out["entries"] = std::move(list);
    return out;
}

void render_agent_log(Page& page, const Json& answer) {
    const auto& list = array_at(answer, "entries");
    if (list.empty()) page.line("Nothing yet.");
    for (const auto& e : list) line(page, e, true);
}

void render_agent_child(Page& page, const Json& a) {
    page.line(text_at(a, "child"), Colour::bold);
    remembered(page, a);
    for (const auto& s : array_at(a, "open"))
        page.entry("under way",
                   fmt::format("{} since {}: {}", text_at(s, "state"), text_at(s, "at"), text_at(s, "change")),
                   Colour::yellow);
    for (const auto& e : array_at(a, "entries")) line(page, e, false);
    // What the last judgement rests on.
    const auto& list = array_at(a, "entries");
    for (const auto& e : std::views::reverse(list)) {
        const auto& verdict = at(at(e, "detail"), "verdict");
        if (!verdict.is_object()) continue;
        page.line();
        page.line(fmt::format("The last judgement, {}: {} {}", text_at(e, "last"), text_at(verdict, "decision"),
                              text_at(verdict, "kind")),
                  Colour::bold);
        for (const auto& r : array_at(verdict, "reasons"))
            page.entry(text_at(r, "requirement"),
                       fmt::format("{} {}", text_at(r, "text"), joined_at(r, "servers", ", ")));
        for (const auto& s : array_at(verdict, "servers"))
            page.entry("server", fmt::format("{}: {}", text_at(s, "server"), text_at(s, "says")));
        return;
    }
}

} // namespace tutti::app
