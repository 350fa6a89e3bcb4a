#include "app/render.hpp"

#include <fmt/format.h>

namespace tutti::app {

void render_zones(Page& page, const Json& a) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& z : array_at(a, "zones")) {
        std::string state = text_at(z, "state");
        if (flag_at(z, "paused")) state += ", paused";
        if (text_at(z, "mode") == "manual") state += ", manual";
        if (number_at(z, "alarms") > 0) state += ", ALARM";
        rows.push_back({text_at(z, "zone"), joined_at(z, "members", " + "), state, text_at(z, "because")});
    }
    if (rows.empty()) return page.line("No zones. `tutti zone add` adds one.");
    page.table(rows);
}

void render_zone(Page& page, const Json& a) {
    page.line(text_at(a, "zone"), Colour::bold);
    page.entry("signers", joined_at(a, "members", " + "));
    if (!array_at(a, "dead").empty()) page.entry("dead", joined_at(a, "dead"));
    page.entry("parent", text_at(a, "parent"));
    page.entry("state", text_at(a, "state") + (flag_at(a, "paused") ? ", paused" : ""), colour_of(text_at(a, "state")));
    page.entry("mode", text_at(a, "mode"));
    if (const auto* policy = at(a, "policy").if_object(); policy != nullptr && !policy->empty())
        page.entry("policy", serialize(at(a, "policy")));
    std::vector<std::vector<std::string>> rows;
    for (const auto& t : array_at(a, "transitions")) {
        const auto ratio = at(t, "ratio");
        rows.push_back({clock_time(text_at(t, "started")),
                        joined_at(t, "from", " + ") + " -> " + joined_at(t, "to", " + "),
                        human_s(number_at(t, "elapsed")),
                        ratio.is_number() ? fmt::format("{:.2f} x the minimum", ratio.to_number<double>()) : ""});
    }
    if (rows.empty()) return;
    page.line();
    page.line("Transitions", Colour::bold);
    page.table(rows, "  ");
}

void render_probe(Page& page, const Json& a) {
    const bool usable = flag_at(a, "usable");
    const auto software = text_at(a, "software");
    page.line(fmt::format("{}  {}{}{}", text_at(a, "name"), usable ? "can take part" : "cannot take part",
                          software.empty() ? "" : "  ", software),
              usable ? Colour::green : Colour::red);
    for (const auto& c : array_at(a, "checks")) {
        const auto verdict = text_at(c, "verdict"), seen = text_at(c, "seen"), remedy = text_at(c, "remedy");
        page.entry("  " + verdict, text_at(c, "what") + (seen.empty() ? "" : " (" + seen + ")"),
                   verdict == "ok"       ? Colour::green
                   : verdict == "failed" ? Colour::red
                                         : Colour::yellow);
        if (!remedy.empty() && verdict != "ok") page.entry("", "remedy: " + remedy);
    }
}

namespace {

std::string plain(const Json& v) {
    return v.is_string() ? std::string(v.get_string()) : serialize(v);
}

} // namespace

void render_settings(Page& page, const Json& a) {
    const auto* fields = a.if_object();
    if (fields == nullptr) return;
    page.line(text_at(a, "name"), Colour::bold);
    for (const auto& field : *fields) {
        if (field.key() == "name") continue;
        std::string value;
        if (field.value().is_string())
            value = std::string(field.value().get_string());
        else if (field.value().is_array())
            value = joined_at(a, field.key());
        else if (field.value().is_object())
            for (const auto& inner : field.value().get_object())
                value += (value.empty() ? "" : ", ") + std::string(inner.key()) + " " + plain(inner.value());
        else
            value = serialize(field.value());
        page.entry("  " + std::string(field.key()), value);
    }
}

void render_events(Page& page, const Json& a) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& e : array_at(a, "events"))
        rows.push_back({text_at(e, "at"), text_at(e, "kind"), text_at(e, "text")});
    page.table(rows);
}

} // namespace tutti::app
