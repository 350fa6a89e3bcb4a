#include "sim/json_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tutti::sim {

namespace json = boost::json;

void bad_json(std::string where, std::string what, std::string remedy) {
    throw BadJson{{ErrorKind::invalid, std::move(what), std::move(where), std::move(remedy)}};
}

const json::array& array_of(const json::value& v, const std::string& where) {
    if (!v.is_array()) bad_json(where, "a list is expected here");
    return v.get_array();
}

const json::object& object_of(const json::value& v, const std::string& where) {
    if (!v.is_object()) bad_json(where, "an object is expected here");
    return v.get_object();
}

double number_of(const json::value& v, const std::string& where, double low, double high) {
    if (!v.is_number()) bad_json(where, "a number is expected here");
    const auto n = v.to_number<double>();
    if (!(n >= low && n <= high)) bad_json(where, fmt::format("{} is not in {}..{}", n, low, high));
    return n;
}

std::string text_of(const json::value& v, const std::string& where) {
    if (!v.is_string()) bad_json(where, "a text is expected here");
    return std::string{v.get_string()};
}

Fields::Fields(const json::value& v, std::string where) : object_(object_of(v, where)), where_(std::move(where)) {}

std::string Fields::where(std::string_view name) const {
    return where_.empty() ? std::string{name} : fmt::format("{}.{}", where_, name);
}

const json::value* Fields::find(std::string_view name) {
    taken_.push_back(name);
    return object_.if_contains(name);
}

const json::value& Fields::need(std::string_view name) {
    const auto* v = find(name);
    if (v == nullptr) bad_json(where_, fmt::format("\"{}\" is missing", name));
    return *v;
}

std::string Fields::text(std::string_view name) {
    return text_of(need(name), where(name));
}

std::string Fields::text(std::string_view name, std::string_view otherwise) {
    const auto* v = find(name);
    return v == nullptr ? std::string{otherwise} : text_of(*v, where(name));
}

double Fields::number(std::string_view name, double low, double high) {
    return number_of(need(name), where(name), low, high);
}

double Fields::number(std::string_view name, double low, double high, double otherwise) {
    const auto* v = find(name);
    return v == nullptr ? otherwise : number_of(*v, where(name), low, high);
}

bool Fields::flag(std::string_view name, bool otherwise) {
    const auto* v = find(name);
    if (v == nullptr) return otherwise;
    if (!v->is_bool()) bad_json(where(name), "true or false is expected here");
    return v->get_bool();
}

Duration Fields::span(std::string_view name, double otherwise_s) {
    constexpr double kCentury_s = 3.2e9;
    return seconds(number(name, 0, kCentury_s, otherwise_s));
}

std::vector<std::string> Fields::texts(std::string_view name) {
    std::vector<std::string> out;
    for (const auto& v : array_of(need(name), where(name))) out.push_back(text_of(v, where(name)));
    return out;
}

std::string Fields::choice(std::string_view name, std::initializer_list<std::string_view> allowed) {
    auto out = text(name, *allowed.begin());
    if (std::ranges::find(allowed, out) == allowed.end())
        bad_json(where(name), fmt::format("\"{}\" is not known", out),
                 fmt::format("write one of {}", fmt::join(allowed, ", ")));
    return out;
}

void Fields::done() const {
    for (const auto& [name, value] : object_)
        if (std::ranges::find(taken_, std::string_view{name}) == taken_.end())
            bad_json(where_, fmt::format("\"{}\" is not known", std::string_view{name}),
                     fmt::format("known here: {}", fmt::join(taken_, ", ")));
}

} // namespace tutti::sim
