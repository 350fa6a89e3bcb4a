#pragma once
// Time as values. Nothing here reads a clock: the edge does (port::Clock).
#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::sys_time<Duration>;

// Far enough that no sum with a TTL overflows, and printed as "never".
inline constexpr Instant kNever{Duration{INT64_MAX / 4}};
inline constexpr Instant kLongAgo{Duration{-(INT64_MAX / 4)}};

constexpr Duration seconds(double s) {
    return Duration{static_cast<std::int64_t>(s * 1e6 + (s < 0 ? -0.5 : 0.5))};
}
constexpr double to_seconds(Duration d) {
    return static_cast<double>(d.count()) / 1e6;
}
constexpr double to_seconds(Instant t) {
    return to_seconds(t.time_since_epoch());
}
constexpr Instant at_seconds(double s) {
    return Instant{seconds(s)};
}

// RFC 3339 in UTC with milliseconds: "2026-11-24T08:16:13.250Z"; "never" for kNever.
std::string to_rfc3339(Instant t);
Expected<Instant> parse_rfc3339(std::string_view text);
// For people: "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h".
std::string human(Duration d);
// "90", "90s", "15m", "2h", "3d", "1h30m" -> duration; precise error otherwise.
Expected<Duration> parse_duration(std::string_view text);

} // namespace tutti
