#pragma once
// Reading elements of a frame: the first thing that is wrong is kept, and where.
#include "epp/codec.hpp"
#include "epp/xml.hpp"

#include <fmt/format.h>

#include <optional>

namespace tutti::epp {

class Reading {
  public:
    void wrong(std::string what) {
        if (!error_) error_ = Error{ErrorKind::bad_answer, std::move(what), {}, {}};
    }
    bool failed() const { return error_.has_value(); }
    const Error& error() const { return *error_; }

    // A child that must be there.
    const Element* need(const Element& parent, std::string_view name) {
        const Element* found = parent.child(name);
        if (found == nullptr) wrong(fmt::format("<{}> has no <{}>", parent.name, name));
        return found;
    }
    std::string text(const Element& parent, std::string_view name) {
        const Element* found = need(parent, name);
        return found == nullptr ? std::string{} : found->text;
    }
    std::string optional_text(const Element& parent, std::string_view name) const {
        const Element* found = parent.child(name);
        return found == nullptr ? std::string{} : found->text;
    }
    std::string attribute(const Element& element, std::string_view name) {
        const std::string* found = element.attribute(name);
        if (found == nullptr) wrong(fmt::format("<{}> has no attribute {}", element.name, name));
        return found == nullptr ? std::string{} : *found;
    }
    template <class Number>
    Number num(std::string_view digits, Number largest, std::string_view what) {
        return static_cast<Number>(take(number(digits, static_cast<std::uint64_t>(largest), what)));
    }
    bool boolean(std::string_view value) { // boolean of XML Schema
        if (value == "1" || value == "true") return true;
        if (value != "0" && value != "false") wrong(fmt::format("\"{}\" is neither true nor false", value));
        return false;
    }
    std::optional<dns::Name> name(std::string_view value) {
        auto parsed = dns::Name::parse(value);
        if (!parsed) wrong(fmt::format("\"{}\" is not a name", value.substr(0, 80)));
        return parsed ? std::optional{*std::move(parsed)} : std::nullopt;
    }
    template <class T>
    T take(Expected<T> value) {
        if (value) return *std::move(value);
        wrong(value.error().seen);
        return T{};
    }

  private:
    std::optional<Error> error_;
};

} // namespace tutti::epp
