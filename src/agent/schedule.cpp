#include "agent/schedule.hpp"

#include <algorithm>

namespace tutti::agent {

Dial::Dial(std::vector<Place> places) : places_(std::move(places)) {
    std::ranges::sort(places_, {}, &Place::mark);
}

std::optional<std::uint32_t> Dial::find(Mark mark) const {
    const auto at = std::ranges::lower_bound(places_, mark, {}, &Place::mark);
    if (at == places_.end() || at->mark != mark) return std::nullopt;
    return at->child;
}

namespace {

constexpr double kWhole = 18446744073709551616.0; // 2^64

} // namespace

// A microsecond early: those that share its moment with the hand may have had no turn yet.
Hand::Hand(Duration interval, Instant at, Instant now) : interval_(std::max(interval, Duration{1})) {
    const auto since = std::clamp(at, now - interval_, now).time_since_epoch() - Duration{1};
    round_ = since / interval_;
    auto rest = since % interval_;
    if (rest < Duration{0}) { // before 1970
        rest += interval_;
        --round_;
    }
    const double share = static_cast<double>(rest.count()) / static_cast<double>(interval_.count());
    mark_ = static_cast<Mark>(share * kWhole);
}

// Grows with the mark, from the beginning of the round to its end: neighbours may share a moment, but none swap.
Instant Hand::moment(std::int64_t round, Mark mark) const {
    const double share = static_cast<double>(mark) / kWhole * static_cast<double>(interval_.count());
    return Instant{round * interval_ + std::min(Duration{static_cast<std::int64_t>(share)}, interval_ - Duration{1})};
}

std::optional<Hand::Turn> Hand::next(const Dial& dial, Instant now, const std::function<bool(Mark)>& rare,
                                     std::uint32_t rare_every) {
    const auto& places = dial.places();
    if (places.empty()) return std::nullopt;
    for (;;) {
        auto place = std::ranges::upper_bound(places, mark_, {}, &Dial::Place::mark);
        const bool over = place == places.end();
        if (over) place = places.begin();
        const std::int64_t round = over ? round_ + 1 : round_;
        const Turn turn{place->mark, place->child, moment(round, place->mark)};
        if (turn.moment > now) return std::nullopt;
        round_ = round;
        mark_ = turn.mark;
        const bool skipped =
            rare && rare(turn.mark) && (static_cast<std::uint64_t>(round) + turn.mark) % std::max(rare_every, 1U) != 0;
        if (!skipped) return turn;
    }
}

} // namespace tutti::agent
