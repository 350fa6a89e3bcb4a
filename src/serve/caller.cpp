#include "serve/caller.hpp"

#include <array>

namespace tutti::serve {

namespace {

constexpr std::array kNames = {"none", "read", "plan", "apply", "admin", "approve"};

bool includes(Scope had, Scope wanted) {
    if (wanted == Scope::none || had == Scope::admin || had == wanted) return true;
    if (had == Scope::approve) return wanted == Scope::read;
    return wanted != Scope::approve && had >= wanted;
}

} // namespace

const char* to_string(Scope scope) {
    return kNames.at(static_cast<std::size_t>(scope));
}

std::optional<Scope> parse_scope(std::string_view text) {
    for (std::size_t i = 1; i < kNames.size(); ++i)
        if (text == kNames.at(i)) return static_cast<Scope>(i);
    return std::nullopt;
}

bool Caller::may(Scope wanted) const {
    return wanted == Scope::none || std::ranges::any_of(scopes, [&](Scope had) { return includes(had, wanted); });
}

Caller local_caller() {
    return {"local", {Scope::admin}, {}, "", true};
}

} // namespace tutti::serve
