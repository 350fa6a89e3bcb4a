#pragma once
// Deadlines of numbered things: setting and clearing one costs the same however many there are.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace tutti::scan {

class TimerWheel {
  public:
    static constexpr std::int64_t kTick = 4'000'000; // nanoseconds
    static constexpr std::size_t kBuckets = 8192;    // a turn: 32 s; later deadlines count as a turn
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    explicit TimerWheel(std::size_t things, std::int64_t now)
        : next_(things + kBuckets), prev_(things + kBuckets), things_(things), tick_(now / kTick) {
        for (std::size_t i = 0; i < next_.size(); ++i) next_[i] = prev_[i] = static_cast<std::uint32_t>(i);
    }

    // `thing` must not be set.
    void set(std::uint32_t thing, std::int64_t when) {
        // At least one tick ahead: the current bucket has been gone through.
        const auto ahead = std::min<std::int64_t>(std::max<std::int64_t>(when / kTick + 1 - tick_, 1), kBuckets - 1);
        const std::uint32_t head = bucket(tick_ + ahead), last = prev_[head];
        next_[last] = prev_[head] = thing;
        prev_[thing] = last;
        next_[thing] = head;
    }
    void clear(std::uint32_t thing) {
        next_[prev_[thing]] = next_[thing];
        prev_[next_[thing]] = prev_[thing];
        next_[thing] = prev_[thing] = thing;
    }
    // When advance() has something to do; never if nothing is set.
    std::int64_t next() const {
        for (std::int64_t tick = tick_ + 1; tick <= tick_ + static_cast<std::int64_t>(kBuckets); ++tick)
            if (const auto head = bucket(tick); next_[head] != head) return tick * kTick;
        return kNever;
    }
    // Calls `due(thing)`, which may set and clear, for each whose time has come.
    template <class Due>
    void advance(std::int64_t now, Due&& due) {
        for (const std::int64_t until = now / kTick; tick_ < until;) {
            const std::uint32_t head = bucket(++tick_);
            while (next_[head] != head) {
                const std::uint32_t thing = next_[head];
                clear(thing);
                due(thing);
            }
        }
    }

  private:
    std::uint32_t bucket(std::int64_t tick) const {
        return static_cast<std::uint32_t>(things_ + static_cast<std::size_t>(tick) % kBuckets);
    }

    std::vector<std::uint32_t> next_, prev_; // rings: the things, then the head of each bucket
    std::size_t things_;
    std::int64_t tick_; // gone through
};

} // namespace tutti::scan
