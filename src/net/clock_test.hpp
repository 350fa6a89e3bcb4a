#pragma once
// For tests: the machine's time, or that of a machine whose clock is wrong.
#include "port/clock.hpp"

namespace tutti::net::testing {

class TestClock : public port::Clock {
  public:
    explicit TestClock(Duration wrong_by = Duration{0}) : wrong_by_(wrong_by) {}
    Instant now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()) + wrong_by_; }

  private:
    Duration wrong_by_;
};

} // namespace tutti::net::testing
