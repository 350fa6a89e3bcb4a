#include "app/system_clock.hpp"

#include "model/json.hpp"
#include "model/json_io.hpp"

#include <fmt/format.h>

#include <ctime>
#include <fstream>

namespace tutti::app {

namespace {

Duration read_clock(clockid_t id) {
    timespec t{};
    ::clock_gettime(id, &t);
    return std::chrono::seconds(t.tv_sec) + Duration{t.tv_nsec / 1000};
}

std::string boot_id() {
    std::ifstream in("/proc/sys/kernel/random/boot_id");
    std::string out;
    in >> out;
    return out;
}

// A time daemon corrects this much without anybody noticing.
constexpr Duration kSlack = std::chrono::seconds(10);
// TSIG (300 s) and signatures bear no more than this.
constexpr Duration kJump = std::chrono::minutes(5);

constexpr const char* kRemedy = "set the clock right (chronyc, timedatectl); if it is right and the database is not, "
                                "set daemon.accept_clock = true once";

} // namespace

ClockReading read_clocks() {
    return {boot_id(), read_clock(CLOCK_BOOTTIME), Instant{read_clock(CLOCK_REALTIME)}};
}

template <class Io, class T>
    requires std::same_as<std::remove_const_t<T>, ClockReading>
void describe(Io& io, T& v) {
    io.field("boot_id", v.boot_id);
    io.field("boottime_s", v.boottime);
    io.field("wall_us", v.wall);
}

std::string to_text(const ClockReading& reading) {
    return serialize(model::json_io::write(reading));
}

Expected<ClockReading> parse_clock_reading(std::string_view text) {
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(value.error());
    return model::json_io::parse<ClockReading>(*value, "clock");
}

ClockVerdict judge_clock(const ClockReading& now, const std::optional<ClockReading>& anchor, Instant newest,
                         bool accept) {
    if (accept) return {now.wall, "", ""};
    Instant start = now.wall;
    // Within one boot the progress since the earlier process is known exactly, whatever happened to the wall clock.
    if (anchor && anchor->boot_id == now.boot_id && !now.boot_id.empty()) {
        const Instant expected = anchor->wall + (now.boottime - anchor->boottime);
        if (now.wall > expected + kJump)
            return {start,
                    fmt::format(
                        "the clock was set forward by {} since the last run: what was to be waited for would seem over",
                        human(now.wall - expected)),
                    kRemedy};
        start = std::min(start, expected);
    }
    if (newest == kLongAgo || start >= newest) return {start, "", ""};
    // Standing still for a moment is harmless: it only makes waits longer.
    if (newest - start <= kSlack) return {newest, "", ""};
    return {start,
            fmt::format("the clock says {}, but the database knows of {}: it is behind by {}", to_rfc3339(start),
                        to_rfc3339(newest), human(newest - start)),
            kRemedy};
}

SystemClock::SystemClock() {
    const auto reading = read_clocks();
    begin(reading, reading.wall);
}

void SystemClock::begin(const ClockReading& reading, Instant start) {
    offset_us_ = (start.time_since_epoch() - reading.boottime).count();
}

Instant SystemClock::now() {
    return Instant{read_clock(CLOCK_BOOTTIME) + Duration{offset_us_}};
}

} // namespace tutti::app
