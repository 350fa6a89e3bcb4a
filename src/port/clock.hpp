#pragma once
// Port: the time. One clock for everything that is decided; it never goes back within a process.
#include "base/time.hpp"

namespace tutti::port {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() = 0;
};

} // namespace tutti::port
