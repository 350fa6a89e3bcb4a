#pragma once
// Strict reading of TOML: every setting is asked for by name; what was not asked for, or has another type or range, is
// an error with its line and column. All errors are gathered, so that one run shows them all.
#include "base/error.hpp"
#include "base/time.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::app {

struct ConfigError {
    std::size_t line = 0, column = 0;
    std::string text; // what is wrong, and what is allowed
    bool operator==(const ConfigError&) const = default;
};

class Section {
  public:
    // `path` as people write it: "signer.blue"; empty for the whole file. `at`: where it begins.
    Section(const toml::table& table, std::string path, toml::source_position at, std::vector<ConfigError>& errors)
        : table_(table), path_(std::move(path)), at_(at), errors_(errors) {}

    // Each leaves `out` as it is when the setting is absent or wrong; true when it was read.
    bool text(std::string_view key, std::string& out);
    bool flag(std::string_view key, bool& out);
    bool number(std::string_view key, std::int64_t lowest, std::int64_t highest, std::int64_t& out);
    bool duration(std::string_view key, Duration& out); // 30, "30s", "5m"
    bool word(std::string_view key, const std::vector<std::string>& allowed, std::string& out);
    // A string, or a list of strings, given to `each`, which returns an error or not.
    template <class Each>
    void texts(std::string_view key, Each each);
    template <class Each>
    void numbers(std::string_view key, const char* what, Each each);
    template <class Each>
    void parsed(std::string_view key, Each each);
    // A table inside; empty when absent or something else.
    std::optional<Section> section(std::string_view key, std::string_view expected = "a table");
    // The names of all settings; for tables whose keys are names of things.
    std::vector<std::string> keys() const;

    void require(std::string_view key, std::string_view example);
    // What was never asked for is unknown.
    void finish();
    // An error at this setting, or at the head of the section when it is absent.
    void fault(std::string_view key, std::string text);
    const std::string& path() const { return path_; }

  private:
    const toml::node* find(std::string_view key);
    void wrong_type(std::string_view key, const toml::node& node, std::string_view expected);
    void at(const toml::node& node, std::string_view key, const Error& error);
    void error_at(toml::source_position at, std::string_view key, std::string text);
    std::string full(std::string_view key) const;

    const toml::table& table_;
    std::string path_;
    toml::source_position at_;
    std::vector<ConfigError>& errors_;
    std::vector<std::string> known_;
};

std::string kind_of(const toml::node& node);

template <class Each>
void Section::texts(std::string_view key, Each each) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return wrong_type(key, *node, "a list of strings");
    for (const auto& item : *list) {
        const auto* one = item.as_string();
        if (one == nullptr) {
            wrong_type(key, item, "a string in the list");
            continue;
        }
        if (Expected<void> ok = each(one->get()); !ok) at(item, key, ok.error());
    }
}

template <class Each>
void Section::numbers(std::string_view key, const char* what, Each each) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return wrong_type(key, *node, what);
    for (const auto& item : *list) {
        const auto* one = item.as_integer();
        if (one == nullptr) {
            wrong_type(key, item, what);
            continue;
        }
        if (Expected<void> ok = each(one->get()); !ok) at(item, key, ok.error());
    }
}

template <class Each>
void Section::parsed(std::string_view key, Each each) {
    std::string value;
    if (!text(key, value)) return;
    if (Expected<void> ok = each(value); !ok) at(*table_.get(key), key, ok.error());
}

} // namespace tutti::app
