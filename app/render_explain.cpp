#include "app/render.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::app {

namespace {

std::string plus(const Json& v, std::string_view key) {
    auto out = joined_at(v, key, " + ");
    return out.empty() ? "nobody" : out;
}

std::string none(const std::string& text) {
    return text.empty() ? "none" : text;
}

std::string record_type(const std::string& kind) {
    if (kind == "dnskey") return "DNSKEY";
    if (kind == "cds") return "CDS";
    if (kind == "ds") return "DS";
    if (kind == "csync") return "";
    return "NS";
}

// The one line that says what the state means.
std::string state_line(const Json& a, const std::string& state) {
    if (!text_at(a, "trouble").empty()) return "nothing is done at present: " + text_at(a, "trouble");
    if (flag_at(a, "paused")) return "nothing is changed until `tutti resume`";
    if (state == "new") return "not yet looked at";
    if (state == "done" && !flag_at(a, "secure"))
        return "no DS, as wanted, and no cache holds one any more: signers may stop signing";
    if (state == "done") return "everything is as wanted";
    if (state == "act") return "there is something to do now";
    const auto left = at(a, "seconds_left");
    if (left.is_number())
        return fmt::format("{} more, until {}", human_s(left.to_number<double>()), clock_time(text_at(a, "until")));
    return "until somebody acts; no time is known";
}

void reason(Page& page, std::string_view label, const Json& r, Colour colour) {
    page.entry(label, text_at(r, "text"), colour);
    if (const auto blocks = text_at(r, "blocks"); !blocks.empty()) page.entry("", "holds back: " + blocks);
    if (const auto until = text_at(r, "until"); !until.empty())
        page.entry("", "ends by itself at " + clock_time(until));
    if (const auto remedy = text_at(r, "remedy"); !remedy.empty()) {
        const auto who = text_at(r, "who");
        page.entry("WHO", (who.empty() ? "" : who + ": ") + remedy, Colour::bold);
    }
}

// What stands below the names of the name servers for a first DS (RFC 9615).
void signals(Page& page, const Json& s) {
    if (!s.is_object()) return;
    if (!array_at(s, "at").empty())
        page.entry("SIGNALS", flag_at(s, "complete") ? "seen at every server" : "under way");
    for (const auto& one : array_at(s, "at"))
        page.entry("", fmt::format("{} at {}", text_at(one, "owner"), text_at(one, "signer")));
    for (const auto& note : array_at(s, "notes"))
        if (note.is_string()) page.entry("NO SIGNAL", std::string(note.get_string()));
}

void signers(Page& page, const Json& view) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& s : array_at(view, "signers")) {
        const auto own = [&] {
            std::string out;
            for (const auto& k : array_at(s, "own_keys")) out += (out.empty() ? "" : " ") + text_at(k, "key");
            return none(out);
        }();
        rows.push_back({"signer " + text_at(s, "name"), "signs with " + own});
        rows.push_back({"", "serves DNSKEY " + none(joined_at(s, "dnskey"))});
        rows.push_back({"", fmt::format("NS {}; CDS {}", none(joined_at(s, "ns")), none(joined_at(s, "cds")))});
        for (const auto& server : array_at(s, "servers")) {
            const auto address = text_at(server, "address"), what = text_at(server, "problem");
            if (!what.empty())
                rows.push_back({"", what.starts_with(address) ? what : address + ": " + what});
            else if (!flag_at(server, "same"))
                rows.push_back({"", address + ": serves something else"});
        }
        if (const auto problem = text_at(s, "problem"); !problem.empty()) rows.push_back({"", "problem: " + problem});
    }
    const auto& parent = at(view, "parent");
    rows.push_back({"parent " + text_at(parent, "name"),
                    fmt::format("DS {} (TTL {} s)", none(joined_at(parent, "ds")), number_at(parent, "ds_ttl"))});
    rows.push_back({"", fmt::format("NS {} (TTL {} s)", none(joined_at(parent, "ns")), number_at(parent, "ns_ttl"))});
    page.line();
    page.table(rows);
}

} // namespace

Colour colour_of(const std::string& state) {
    if (state == "done") return Colour::green;
    if (state == "blocked") return Colour::red;
    return Colour::yellow;
}

std::string headline(const Json& zone) {
    const auto& t = at(zone, "transition");
    if (t.is_object() && !array_at(t, "from").empty()) return plus(t, "from") + " -> " + plus(t, "to");
    return plus(zone, "members");
}

std::vector<std::string> action_lines(const Json& action) {
    std::vector<std::string> out;
    const auto type = record_type(text_at(action, "kind"));
    for (const char* sign : {"+", "-"})
        for (const auto& item : array_at(action, *sign == '+' ? "add" : "remove"))
            out.push_back(fmt::format("{} {}{}{}", sign, type, type.empty() ? "" : " ",
                                      item.is_string() ? std::string(item.get_string()) : serialize(item)));
    return out;
}

void render_explain(Page& page, const Json& a) {
    const auto state = text_at(a, "state");
    std::string upper = flag_at(a, "paused") ? "paused" : state;
    std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    const auto since = text_at(a, "since");
    page.line(fmt::format("{}  {}{}{}", text_at(a, "zone"), headline(a),
                          text_at(a, "mode") == "manual" ? "  (manual mode)" : "",
                          since.empty() ? "" : "  (since " + clock_time(since) + ")"),
              Colour::bold);
    if (upper == "WAIT") upper = "WAITING";
    page.entry(upper, state_line(a, state), colour_of(state));
    for (const auto& r : array_at(a, "because")) reason(page, "BECAUSE", r, Colour::plain);
    for (const auto& r : array_at(a, "alarms")) reason(page, "ALARM", r, Colour::red);
    for (const auto& action : array_at(a, "actions")) {
        bool first = true;
        for (const auto& line : action_lines(action)) {
            page.entry(first ? "NEXT" : "", "at " + text_at(action, "at") + ": " + line, Colour::plain);
            first = false;
        }
    }
    if (state == "act" && text_at(a, "mode") == "manual" && !array_at(a, "actions").empty())
        page.entry("WHO", fmt::format("you: `tutti step {}` carries this out", text_at(a, "zone")), Colour::bold);
    if (!array_at(a, "submit").empty())
        page.entry("SUBMIT", "these are the records that the parent should have:", Colour::bold);
    for (const auto& record : array_at(a, "submit"))
        if (record.is_string()) page.line("  " + std::string(record.get_string()));
    signals(page, at(a, "signals"));
    const auto& t = at(a, "transition");
    if (number_at(t, "minimum") > 0)
        page.entry("PROGRESS", fmt::format("{} so far; no plan can be faster than {}", human_s(number_at(t, "elapsed")),
                                           human_s(number_at(t, "minimum"))));
    if (at(a, "view").is_object()) signers(page, at(a, "view"));
}

} // namespace tutti::app
