#include "app/toml_section.hpp"

#include "port/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::app {

std::string kind_of(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "a list";
    case toml::node_type::string:
        return "a string";
    case toml::node_type::integer:
        return "a whole number";
    case toml::node_type::floating_point:
        return "a number with a fraction";
    case toml::node_type::boolean:
        return "true or false";
    default:
        return "a date or time";
    }
}

const toml::node* Section::find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
}

std::string Section::full(std::string_view key) const {
    if (key.empty()) return path_;
    return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

void Section::error_at(toml::source_position at, std::string_view key, std::string text) {
    errors_.push_back({at.line, at.column, fmt::format("{}: {}", full(key), text)});
}

void Section::at(const toml::node& node, std::string_view key, const Error& error) {
    error_at(node.source().begin, key, error.remedy.empty() ? error.seen : error.seen + "; " + error.remedy);
}

void Section::fault(std::string_view key, std::string text) {
    const auto* node = key.empty() ? nullptr : table_.get(key);
    error_at(node == nullptr ? at_ : node->source().begin, key, std::move(text));
}

void Section::wrong_type(std::string_view key, const toml::node& node, std::string_view expected) {
    error_at(node.source().begin, key, fmt::format("expected {}, found {}", expected, kind_of(node)));
}

bool Section::text(std::string_view key, std::string& out) {
    const auto* node = find(key);
    if (node == nullptr) return false;
    const auto* value = node->as_string();
    if (value == nullptr) {
        wrong_type(key, *node, "a string");
        return false;
    }
    out = value->get();
    return true;
}

bool Section::flag(std::string_view key, bool& out) {
    const auto* node = find(key);
    if (node == nullptr) return false;
    const auto* value = node->as_boolean();
    if (value == nullptr) {
        wrong_type(key, *node, "true or false");
        return false;
    }
    out = value->get();
    return true;
}

bool Section::number(std::string_view key, std::int64_t lowest, std::int64_t highest, std::int64_t& out) {
    const auto* node = find(key);
    if (node == nullptr) return false;
    const auto* value = node->as_integer();
    if (value == nullptr) {
        wrong_type(key, *node, "a whole number");
        return false;
    }
    if (value->get() < lowest || value->get() > highest) {
        fault(key, fmt::format("{} is out of range; allowed is {} to {}", value->get(), lowest, highest));
        return false;
    }
    out = value->get();
    return true;
}

bool Section::duration(std::string_view key, Duration& out) {
    const auto* node = find(key);
    if (node == nullptr) return false;
    std::optional<Duration> read;
    if (const auto* whole = node->as_integer())
        read = std::chrono::seconds(whole->get());
    else if (const auto* fraction = node->as_floating_point())
        read = seconds(fraction->get());
    else if (const auto* value = node->as_string()) {
        auto parsed = parse_duration(value->get());
        if (!parsed) {
            at(*node, key, parsed.error());
            return false;
        }
        read = *parsed;
    }
    if (!read) {
        wrong_type(key, *node, "seconds, or a string like \"5m\"");
        return false;
    }
    if (*read < Duration{0} || *read > std::chrono::hours(24 * 365)) {
        fault(key, "out of range; allowed is 0 to 365 days");
        return false;
    }
    out = *read;
    return true;
}

bool Section::word(std::string_view key, const std::vector<std::string>& allowed, std::string& out) {
    std::string value;
    if (!text(key, value)) return false;
    if (std::ranges::find(allowed, value) == allowed.end()) {
        fault(key, fmt::format("\"{}\" is not allowed; use one of: {}", value, port::joined(allowed)));
        return false;
    }
    out = value;
    return true;
}

std::optional<Section> Section::section(std::string_view key, std::string_view expected) {
    const auto* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* table = node->as_table();
    if (table == nullptr) {
        wrong_type(key, *node, expected);
        return std::nullopt;
    }
    return Section(*table, full(key), node->source().begin, errors_);
}

std::vector<std::string> Section::keys() const {
    std::vector<std::string> out;
    for (const auto& [key, node] : table_) out.emplace_back(key.str());
    return out;
}

void Section::require(std::string_view key, std::string_view example) {
    if (table_.get(key) != nullptr) return;
    fault("", fmt::format("the setting \"{}\" is missing; for example: {}", key, example));
}

void Section::finish() {
    std::vector<std::string> allowed = known_;
    std::ranges::sort(allowed);
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (const auto& [key, node] : table_) {
        const std::string name(key.str());
        if (std::ranges::find(allowed, name) != allowed.end()) continue;
        const auto near = port::nearest(name, allowed);
        error_at(key.source().begin, name,
                 fmt::format("unknown setting; {}allowed are: {}",
                             near.empty() ? "" : "did you mean \"" + near + "\"? ", port::joined(allowed)));
    }
}

} // namespace tutti::app
