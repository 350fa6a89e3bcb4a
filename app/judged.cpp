#include "app/judged.hpp"

#include "sim/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tutti::app {

namespace {

// https://www.gnu.org/software/libc/manual/html_node/Locale-Categories.html: the first of these that is set.
bool writes_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        std::string text(value);
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
        return text.contains("utf-8") || text.contains("utf8");
    }
    return false;
}

Colour colour_of(sim::Line::Kind kind) {
    switch (kind) {
    case sim::Line::Kind::title:
        return Colour::bold;
    case sim::Line::Kind::unsafe:
        return Colour::red;
    case sim::Line::Kind::axis:
        return Colour::grey;
    default:
        return Colour::plain;
    }
}

void render_notes(Page& page, const std::vector<sim::Note>& notes) {
    for (const auto& n : notes) {
        auto when = sim::seconds_text(n.from);
        if (n.until != kNever) when += " to " + sim::seconds_text(n.until);
        page.entry(std::string(1, n.letter), when + " s: " + n.text);
    }
}

} // namespace

Judged judge(const sim::Trace& trace, const sim::checker::Rules& rules, int validators) {
    Judged out{sim::checker::check(trace, rules), {}, 0};
    if (validators == 0) return out;
    out.sample = sim::checker::sample(trace, rules, {.validators = validators});
    for (const auto& f : out.sample.failures)
        if (!sim::checker::explained(f, out.findings)) ++out.unexplained;
    return out;
}

Json findings_json(const Judged& judged) {
    boost::json::array list;
    for (const auto& f : judged.findings) {
        boost::json::array when;
        for (const auto& s : f.when.spans())
            when.push_back({{"from", to_seconds(s.from)}, {"until", to_seconds(s.until)}});
        list.push_back({{"fault", to_string(f.fault)}, {"when", std::move(when)}, {"text", f.text}});
    }
    return {
        {"exact", std::move(list)},
        {"sampled",
         {{"queries", judged.sample.queries}, {"failed", judged.sample.failed}, {"unexplained", judged.unexplained}}}};
}

void render_findings(Page& page, const Judged& judged) {
    for (const auto& f : judged.findings) page.entry("unsafe", f.text, Colour::red);
    if (judged.findings.empty())
        page.entry("exact", "no cache can be driven to a wrong or missing answer", Colour::green);
    if (judged.sample.queries == 0) return;
    page.entry("sampled",
               fmt::format("{} of {} answers to simulated resolvers were bogus or missing", judged.sample.failed,
                           judged.sample.queries),
               judged.sample.failed == 0 ? Colour::green : Colour::red);
    if (judged.unexplained > 0)
        page.entry("checker", fmt::format("{} of them are in no finding: a defect of the checker", judged.unexplained),
                   Colour::red);
}

void render_timeline(Page& page, const sim::Trace& trace, const Judged& judged) {
    const auto t = sim::timeline(trace, judged.findings);
    const bool utf8 = writes_utf8();
    page.line();
    for (const auto& l : sim::draw(t, static_cast<int>(kColumns), utf8)) page.line(l.text, colour_of(l.kind));
    page.line();
    page.line(utf8 ? "█ on all servers  ▄ on some  · in caches only  (seconds)"
                   : "= on all servers  - on some  . in caches only  (seconds)",
              Colour::grey);
    render_notes(page, t.events);
    render_notes(page, t.waits);
}

void add_judge_options(CLI::App& command, JudgeOptions& o) {
    command.add_option("--samples", o.samples, "Simulated validators; 0: the exact half of the checker alone")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command.add_flag("--may-become-insecure", o.may_become_insecure, "The zone may lose its last DS on purpose");
    command.add_option("--svg", o.svg, "Write the timeline as a picture to this file");
}

void add_weather_option(CLI::App& command, std::string& weather) {
    command
        .add_option("--weather", weather, "calm: nothing goes wrong; stormy: everything does; any: every other seed")
        ->check(CLI::IsMember({"calm", "stormy", "any"}))
        ->capture_default_str();
}

Expected<std::string> read_file(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    if (!in) return fail(ErrorKind::not_found, "cannot read the file", path, "check its path");
    return text.str();
}

Expected<void> write_file(const std::string& path, std::string_view text) {
    std::ofstream out(path);
    out << text;
    if (!out.flush()) return fail(ErrorKind::internal, "cannot write the file", path, "check its folder");
    return {};
}

Expected<void> write_svg(const std::string& path, const sim::Trace& trace, const Judged& judged) {
    if (path.empty()) return {};
    return write_file(path, sim::draw_svg(sim::timeline(trace, judged.findings), trace.zone + " " + trace.result));
}

} // namespace tutti::app
