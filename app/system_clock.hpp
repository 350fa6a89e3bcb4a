#pragma once
// The real clock: wall time at the start, and from then on the progress of CLOCK_BOOTTIME, which no administrator and
// no time daemon can set back or forward. What was waited for is true time.
#include "port/clock.hpp"

#include <atomic>
#include <optional>
#include <string>

namespace tutti::app {

// Both clocks of the machine at one moment. Boot times can be compared when the boot is the same.
struct ClockReading {
    std::string boot_id;
    Duration boottime{0};
    Instant wall;
    bool operator==(const ClockReading&) const = default;
};

ClockReading read_clocks();
std::string to_text(const ClockReading& reading); // JSON, for the store
Expected<ClockReading> parse_clock_reading(std::string_view text);

// Where time begins in this process, or why it must not begin yet.
struct ClockVerdict {
    Instant start;
    std::string trouble; // empty: fine
    std::string remedy;
};
// `anchor`: what was stored by an earlier process; `newest`: the latest time in the store. Facts in the store carry
// times of that earlier process: a clock that is behind them would wait for ever, one that jumped ahead would not wait
// at all.
ClockVerdict judge_clock(const ClockReading& now, const std::optional<ClockReading>& anchor, Instant newest,
                         bool accept);

class SystemClock final : public port::Clock {
  public:
    SystemClock();
    Instant now() override;
    // Once, before anything is decided: `start` was true at `reading`.
    void begin(const ClockReading& reading, Instant start);

  private:
    std::atomic<std::int64_t> offset_us_; // of wall time over boot time
};

} // namespace tutti::app
