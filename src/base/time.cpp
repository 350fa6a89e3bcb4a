#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>

namespace tutti {

namespace {

using namespace std::chrono;

// Years that RFC 3339 can write (four digits); beyond them a time means "never" or "long ago".
constexpr Instant kFirst = sys_days{year{0} / 1 / 1};
constexpr Instant kEnd = sys_days{year{10000} / 1 / 1};
constexpr std::string_view kNeverText = "never";
constexpr std::string_view kLongAgoText = "long-ago";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A cursor over text that must match piece by piece.
struct Scan {
    std::string_view rest;

    std::optional<int> digits(std::size_t count) {
        if (rest.size() < count) return std::nullopt;
        int value = 0;
        for (char c : rest.substr(0, count)) {
            if (!is_digit(c)) return std::nullopt;
            value = value * 10 + (c - '0');
        }
        rest.remove_prefix(count);
        return value;
    }
    bool one_of(std::string_view chars) {
        if (rest.empty() || !chars.contains(rest.front())) return false;
        rest.remove_prefix(1);
        return true;
    }
};

// ".25" -> 250000 us; digits beyond the microsecond are dropped.
std::optional<Duration> parse_fraction(Scan& scan) {
    if (!scan.one_of(".")) return Duration{0};
    std::int64_t value = 0, unit = 100'000;
    std::size_t count = 0;
    for (; count < scan.rest.size() && is_digit(scan.rest[count]); ++count, unit /= 10)
        value += unit * (scan.rest[count] - '0');
    if (count == 0) return std::nullopt;
    scan.rest.remove_prefix(count);
    return Duration{value};
}

std::optional<Duration> parse_offset(Scan& scan) {
    if (scan.one_of("Zz")) return Duration{0};
    const bool minus = scan.rest.starts_with('-');
    if (!scan.one_of("+-")) return std::nullopt;
    const auto h = scan.digits(2);
    if (!h || !scan.one_of(":")) return std::nullopt;
    const auto m = scan.digits(2);
    if (!m || *h > 23 || *m > 59) return std::nullopt;
    const Duration offset = hours{*h} + minutes{*m};
    return minus ? -offset : offset;
}

std::optional<Instant> parse_instant(std::string_view text) {
    Scan scan{text};
    const auto y = scan.digits(4);
    if (!y || !scan.one_of("-")) return std::nullopt;
    const auto mo = scan.digits(2);
    if (!mo || !scan.one_of("-")) return std::nullopt;
    const auto d = scan.digits(2);
    if (!d || !scan.one_of("Tt ")) return std::nullopt;
    const auto h = scan.digits(2);
    if (!h || !scan.one_of(":")) return std::nullopt;
    const auto mi = scan.digits(2);
    if (!mi || !scan.one_of(":")) return std::nullopt;
    const auto s = scan.digits(2);
    const auto fraction = parse_fraction(scan);
    const auto offset = parse_offset(scan);
    if (!s || !fraction || !offset || !scan.rest.empty()) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt; // 60: a leap second
    return Instant{sys_days{date}} + hours{*h} + minutes{*mi} + std::chrono::seconds{*s} + *fraction - *offset;
}

struct Unit {
    std::string_view name;
    std::int64_t us;
};
constexpr std::array kUnits{Unit{"w", 604'800'000'000}, Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000},
                            Unit{"m", 60'000'000},      Unit{"s", 1'000'000},      Unit{"ms", 1'000}};
constexpr std::int64_t kLongest_us = 100LL * 366 * 86'400'000'000; // a century: no setting needs more

const Unit* find_unit(std::string_view name) {
    for (const auto& unit : kUnits)
        if (unit.name == name) return &unit;
    return nullptr;
}

std::unexpected<Error> bad_duration(std::string_view text, std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a duration: {}", text, why), {},
                "Write it like 90s, 15m, 2h, 3d or 1h30m");
}

std::size_t prefix_of(std::string_view text, bool digits) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n]) == digits) ++n;
    return n;
}

} // namespace

std::string to_rfc3339(Instant t) {
    if (t >= kEnd) return std::string{kNeverText};
    if (t < kFirst) return std::string{kLongAgoText};
    const auto day_start = floor<days>(t);
    const year_month_day date{day_start};
    const hh_mm_ss time{floor<milliseconds>(t) - day_start};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                       unsigned{date.day()}, time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

Expected<Instant> parse_rfc3339(std::string_view text) {
    if (text == kNeverText) return kNever;
    if (text == kLongAgoText) return kLongAgo;
    if (const auto t = parse_instant(text)) return *t;
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a time", text), {},
                "Write it like 2026-11-24T08:16:13Z (RFC 3339)");
}

std::string human(Duration d) {
    if (d < Duration{0}) return "-" + human(d == Duration::min() ? Duration::max() : -d);
    if (d >= kNever.time_since_epoch() / 2) return "forever";
    if (d == Duration{0}) return "0 s";
    if (d < milliseconds{1}) return fmt::format("{} us", d.count());
    if (d < milliseconds{999} + microseconds{500}) return fmt::format("{} ms", round<milliseconds>(d).count());
    const auto tenths = (d.count() + 50'000) / 100'000;
    if (tenths < 100 && tenths % 10 != 0) return fmt::format("{}.{} s", tenths / 10, tenths % 10);
    const std::int64_t s = (d.count() + 500'000) / 1'000'000;
    const auto two = [](std::int64_t big, const char* big_unit, std::int64_t small, const char* small_unit) {
        return small == 0 ? fmt::format("{} {}", big, big_unit)
                          : fmt::format("{} {} {} {}", big, big_unit, small, small_unit);
    };
    if (s < 60) return fmt::format("{} s", s);
    if (s < 3600) return two(s / 60, "min", s % 60, "s");
    const std::int64_t min = (s + 30) / 60;
    if (min < 24 * 60) return two(min / 60, "h", min % 60, "min");
    const std::int64_t h = (s + 1800) / 3600;
    return two(h / 24, "d", h % 24, "h");
}

Expected<Duration> parse_duration(std::string_view text) {
    if (text.empty()) return bad_duration(text, "it is empty");
    std::int64_t total_us = 0, last_unit_us = INT64_MAX;
    for (std::string_view rest = text; !rest.empty();) {
        const auto number = rest.substr(0, prefix_of(rest, true));
        if (number.empty()) return bad_duration(text, fmt::format("a number is missing before \"{}\"", rest));
        if (number.size() > 15) return bad_duration(text, "it is too long");
        rest.remove_prefix(number.size());
        const auto unit_name = rest.substr(0, prefix_of(rest, false));
        rest.remove_prefix(unit_name.size());
        // A number alone is seconds; after another part it would be a guess ("1h30").
        const Unit* unit = unit_name.empty() && number.size() == text.size() ? find_unit("s") : find_unit(unit_name);
        if (unit == nullptr)
            return bad_duration(text, fmt::format("\"{}\" is not a unit (w, d, h, m, s, ms)", unit_name));
        if (unit->us >= last_unit_us) return bad_duration(text, "units must go from large to small, each once");
        last_unit_us = unit->us;
        const std::int64_t count = std::strtoll(std::string{number}.c_str(), nullptr, 10);
        if (count > kLongest_us / unit->us) return bad_duration(text, "it is longer than a century");
        total_us += count * unit->us;
    }
    if (total_us > kLongest_us) return bad_duration(text, "it is longer than a century");
    return Duration{total_us};
}

} // namespace tutti
