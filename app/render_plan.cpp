#include "app/render.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

std::string t_plus(const Json& s) {
    return s.is_number() ? "T+" + human_s(s.to_number<double>()) : "T+?";
}

void step(Page& page, const Json& s) {
    std::string label = t_plus(at(s, "after_s"));
    for (const auto& action : array_at(s, "actions")) {
        page.entry(label, "at " + text_at(action, "at"), Colour::bold);
        label.clear();
        for (const auto& line : action_lines(action))
            page.line(std::string(Page::kLabel + 3, ' ') + line, line.starts_with('+') ? Colour::green : Colour::red);
        if (const auto because = text_at(action, "because"); !because.empty()) page.entry("", "  because " + because);
    }
    for (const auto& wait : array_at(s, "waits")) {
        const bool timed = at(s, "until_s").is_number();
        page.entry(label.empty() ? "  wait" : label, text_at(wait, "text"), Colour::yellow);
        label.clear();
        if (const auto blocks = text_at(wait, "blocks"); !blocks.empty()) page.entry("", "holds back: " + blocks);
        if (const auto remedy = text_at(wait, "remedy"); !remedy.empty())
            page.entry("", (text_at(wait, "who").empty() ? "" : text_at(wait, "who") + ": ") + remedy);
        if (timed && !text_at(wait, "until").empty()) page.entry("", "until " + clock_time(text_at(wait, "until")));
    }
    if (at(s, "until_s").is_number()) page.entry("  until", t_plus(at(s, "until_s")), Colour::yellow);
}

} // namespace

void render_plan(Page& page, const Json& a) {
    page.line(fmt::format("{}  {} -> {}{}", text_at(a, "zone"), joined_at(a, "present", " + "),
                          joined_at(a, "members", " + "), flag_at(a, "secure") ? "" : ", without DS"),
              Colour::bold);
    page.line("This is what would happen. Nothing was changed.", Colour::grey);
    const auto& no_return = at(a, "no_cheap_return_after_step");
    std::int64_t number = 0;
    for (const auto& s : array_at(a, "steps")) {
        page.line();
        if (no_return.is_number() && number == no_return.to_number<std::int64_t>())
            page.line("---- from here on, going back takes time: caches must be waited for ----", Colour::yellow);
        step(page, s);
        ++number;
    }
    page.line();
    for (const auto& s : array_at(a, "steps"))
        for (const auto& r : array_at(s, "breaks")) page.entry("BREAKS", text_at(r, "text"), Colour::red);
    for (const auto& r : array_at(a, "because")) {
        page.entry("BLOCKED", text_at(r, "text"), Colour::red);
        if (const auto remedy = text_at(r, "remedy"); !remedy.empty())
            page.entry("WHO", (text_at(r, "who").empty() ? "" : text_at(r, "who") + ": ") + remedy, Colour::bold);
    }
    const auto changes = static_cast<int>(number_at(a, "changes"));
    if (text_at(a, "end") == "blocked") {
        page.entry("END", "it stops there until somebody acts");
    } else if (changes == 0) {
        page.entry("END", array_at(a, "steps").empty() ? "nothing to do" : "no changes; only waiting");
    } else {
        page.entry("END",
                   fmt::format("{} {}; done at {} at the earliest ({})", changes, changes == 1 ? "change" : "changes",
                               t_plus(at(a, "total_s")), clock_time(text_at(a, "finished"))));
    }
}

} // namespace tutti::app
