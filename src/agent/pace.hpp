#pragma once
// Whether the scan keeps up with its clock: the alarm "scan-behind". Pure.
#include "agent/occasion.hpp"

namespace tutti::agent {

class Pace {
  public:
    Pace(dns::Name zone, Duration interval) : zone_(std::move(zone)), interval_(interval) {}
    // Something to be told when it falls more than a tenth of the interval behind, and when it is within half of that
    // again. As long as it stays behind it is told again, for the reporter to decide how often anybody hears of it.
    std::optional<Occasion> watch(Duration behind, Instant now);
    bool is_behind() const { return behind_; }

  private:
    dns::Name zone_;
    Duration interval_;
    bool behind_ = false;
};

} // namespace tutti::agent
