#pragma once
// The words of the scenario format, for reading and writing.
#include <array>
#include <string_view>

namespace tutti::sim {

inline constexpr std::string_view kScenarioFormat = "tutti-scenario/1";
inline constexpr std::array<std::string_view, 18> kEventNames{
    "intent",      "zsk-rollover", "ksk-rollover",  "algorithm-rollover",
    "new-keys",    "signer-down",  "parent-down",   "server-lag",
    "write-fault", "ttl",          "parent-silent", "parent-drops-ds",
    "crash",       "store-loss",   "clock-jump",    "declare-dead",
    "sign",        "unsign"};
inline constexpr std::array<std::string_view, 3> kFaultNames{"lost-reply", "ignored", "error"};
inline constexpr std::array<std::string_view, 3> kHalfNames{"either", "before", "after"};
inline constexpr std::array<std::string_view, 3> kModeNames{"direct", "cds", "manual"};
inline constexpr std::array<std::string_view, 3> kSepNames{"yes", "refused", "ignored"};

// The index of a name that is known to be in the list.
template <class Enum, std::size_t N>
Enum enum_of(const std::array<std::string_view, N>& names, std::string_view name) {
    std::size_t i = 0;
    while (names[i] != name) ++i;
    return static_cast<Enum>(i);
}

} // namespace tutti::sim
