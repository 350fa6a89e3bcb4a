#pragma once
// Every reason that a verdict can give: a stable code, the requirement behind it (doc/parent-agent.md), and what an
// error report carries (RFC 8914).
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tutti::accept {

struct ReasonKind {
    std::string_view code, requirement;
    std::optional<std::uint16_t> ede; // none: nothing is wrong with the child
};
std::span<const ReasonKind> reason_kinds();
const ReasonKind& reason_kind(std::string_view code); // "internal" for a code that is not in the list

} // namespace tutti::accept
