#include "base/exposition.hpp"

#include <fmt/format.h>

namespace tutti {

namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

std::string labels_of(const Sample& s) {
    std::string out;
    for (const auto& [name, value] : s.labels)
        out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escaped(value));
    return out.empty() ? out : '{' + out + '}';
}

} // namespace

std::string exposition(const std::vector<Family>& families) {
    std::string out;
    for (const auto& f : families) {
        out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", f.name, f.help, f.name, f.type);
        for (const auto& s : f.samples) out += fmt::format("{}{}{} {}\n", f.name, s.suffix, labels_of(s), s.value);
    }
    return out;
}

} // namespace tutti
