#include "agent/pace.hpp"

#include <fmt/format.h>

namespace tutti::agent {

std::optional<Occasion> Pace::watch(Duration behind, Instant now) {
    const bool was = behind_;
    behind_ = behind > interval_ / (was ? 20 : 10);
    if (!behind_ && !was) return std::nullopt;
    Occasion out;
    out.kind = behind_ ? Occasion::Kind::behind : Occasion::Kind::over;
    out.at = now;
    out.child = zone_;
    out.condition = "scan-behind";
    out.text = behind_
                   ? fmt::format("children have their turn {} too late, with an interval of {}. Allow more questions "
                                 "(per_address, rate), or make the interval longer",
                                 human(behind), human(interval_))
                   : "children have their turn in time again";
    return out;
}

} // namespace tutti::agent
