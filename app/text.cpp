#include "app/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tutti::app {

namespace json = boost::json;

namespace {

const char* code(Colour c) {
    switch (c) {
    case Colour::plain:
        return "";
    case Colour::bold:
        return "\x1b[1m";
    case Colour::green:
        return "\x1b[32m";
    case Colour::yellow:
        return "\x1b[33m";
    case Colour::red:
        return "\x1b[31m";
    case Colour::grey:
        return "\x1b[90m";
    }
    return "";
}

// Lines of at most `width`, broken at spaces.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> out;
    std::string current;
    const auto flush = [&] {
        out.push_back(std::move(current));
        current.clear();
    };
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(" \n"), text.size());
        const auto word = text.substr(0, end);
        if (!current.empty() && current.size() + 1 + word.size() > width) flush();
        if (!current.empty() && !word.empty()) current += ' ';
        current += word;
        if (end < text.size() && text[end] == '\n') flush();
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!current.empty() || out.empty()) flush();
    return out;
}

} // namespace

bool wants_colour(int fd) {
    const char* no = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return ::isatty(fd) != 0 && (no == nullptr || *no == '\0') && (term == nullptr || std::string_view(term) != "dumb");
}

std::string Page::painted(std::string_view text, Colour colour) const {
    if (!colour_ || colour == Colour::plain) return std::string(text);
    return code(colour) + std::string(text) + "\x1b[0m";
}

void Page::line(std::string_view text, Colour colour) {
    text_ += painted(text, colour) + '\n';
}

void Page::entry(std::string_view label, std::string_view text, Colour colour) {
    bool first = true;
    for (const auto& part : wrapped(text, kColumns - kLabel - 1)) {
        std::string head(first ? label : "");
        head.resize(std::max(kLabel, head.size()), ' ');
        text_ += painted(head, first ? colour : Colour::plain) + ' ' + part + '\n';
        first = false;
    }
}

void Page::table(const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
    std::vector<std::size_t> width;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= width.size()) width.push_back(0);
            width[i] = std::max(width[i], row[i].size());
        }
    for (const auto& row : rows) {
        std::string head(indent);
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            head += row[i];
            head.append(width[i] - row[i].size() + 2, ' ');
        }
        const auto room = head.size() + 20 < kColumns ? kColumns - head.size() : 20;
        bool first = true;
        for (const auto& part : wrapped(row.empty() ? "" : row.back(), room)) {
            std::string whole = (first ? head : std::string(head.size(), ' ')) + part;
            whole.erase(whole.find_last_not_of(' ') + 1);
            text_ += whole + '\n';
            first = false;
        }
    }
}

const Json& at(const Json& v, std::string_view key) {
    static const Json kNull;
    const auto* o = v.if_object();
    const auto* found = o == nullptr ? nullptr : o->if_contains(key);
    return found == nullptr ? kNull : *found;
}

std::string text_at(const Json& v, std::string_view key) {
    const auto* s = at(v, key).if_string();
    return s == nullptr ? std::string() : std::string(*s);
}

double number_at(const Json& v, std::string_view key) {
    const auto& n = at(v, key);
    return n.is_number() ? n.to_number<double>() : 0;
}

bool flag_at(const Json& v, std::string_view key) {
    const auto* b = at(v, key).if_bool();
    return b != nullptr && *b;
}

const json::array& array_at(const Json& v, std::string_view key) {
    static const json::array kEmpty;
    const auto* a = at(v, key).if_array();
    return a == nullptr ? kEmpty : *a;
}

std::string joined_at(const Json& v, std::string_view key, std::string_view between) {
    std::string out;
    for (const auto& item : array_at(v, key)) {
        if (!out.empty()) out += between;
        if (const auto* s = item.if_string())
            out += std::string_view(*s);
        else
            out += serialize(item);
    }
    return out;
}

std::string clock_time(const std::string& rfc3339) {
    if (rfc3339.empty()) return "never";
    const auto then = parse_rfc3339(rfc3339);
    if (!then) return rfc3339;
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const auto apart = *then > now ? *then - now : now - *then;
    // "2026-11-24T08:16:13.250Z": the day matters only when it is not today.
    if (apart > std::chrono::hours(12) || rfc3339.size() < 19) return rfc3339.substr(0, 19) + 'Z';
    return rfc3339.substr(11, 8) + 'Z';
}

std::string human_s(double s) {
    return human(seconds(s));
}

namespace {

void append(std::string& out, const Json& v, std::size_t depth) {
    const std::string inner((depth + 1) * 2, ' '), outer(depth * 2, ' ');
    if (const auto* o = v.if_object(); o != nullptr && !o->empty()) {
        out += "{\n";
        bool first = true;
        for (const auto& field : *o) {
            out += (first ? "" : ",\n") + inner + serialize(json::value(field.key())) + ": ";
            append(out, field.value(), depth + 1);
            first = false;
        }
        out += '\n' + outer + '}';
    } else if (const auto* a = v.if_array(); a != nullptr && !a->empty()) {
        const bool flat = std::ranges::none_of(*a, [](const Json& i) { return i.is_object() || i.is_array(); });
        out += flat ? "[" : "[\n";
        bool first = true;
        for (const auto& item : *a) {
            out += first ? (flat ? "" : inner) : (flat ? ", " : ",\n" + inner);
            append(out, item, depth + 1);
            first = false;
        }
        out += flat ? "]" : '\n' + outer + ']';
    } else if (v.is_double()) {
        // Boost writes 1.5E0; people and simple tools like 1.5.
        char text[64];
        const int size = std::snprintf(text, sizeof text, "%.6f", v.get_double());
        std::string_view digits(text, static_cast<std::size_t>(size));
        while (digits.ends_with('0') && !digits.ends_with(".0")) digits.remove_suffix(1);
        out += digits;
    } else {
        out += serialize(v);
    }
}

} // namespace

std::string pretty(const Json& v) {
    std::string out;
    append(out, v, 0);
    return out + '\n';
}

} // namespace tutti::app
