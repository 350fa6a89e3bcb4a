#pragma once
// When the children of a zone are looked at without anybody asking for it: each once in an interval, spread evenly by a
// number of its own. No state for each child: only how far the hand of the clock has come. Pure.
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tutti::agent {

// A number for each child that stays as long as its name: a salted hash.
using Mark = std::uint64_t;

// The children around the dial.
class Dial {
  public:
    struct Place {
        Mark mark;
        std::uint32_t child;
    };
    Dial() = default;
    explicit Dial(std::vector<Place> places); // in any order
    std::optional<std::uint32_t> find(Mark mark) const;
    const std::vector<Place>& places() const { return places_; } // sorted by mark

  private:
    std::vector<Place> places_;
};

// The hand. All children up to where it stands have had their turn.
class Hand {
  public:
    // `at`: how far it had come, e.g. before a restart. It starts at most one interval behind `now`: who missed several
    // turns gets one.
    Hand(Duration interval, Instant at, Instant now);

    struct Turn {
        Mark mark;
        std::uint32_t child;
        Instant moment;
    };
    // The next child whose moment has come. `rare`: children that are looked at only in one of `rare_every` rounds.
    std::optional<Turn> next(const Dial& dial, Instant now, const std::function<bool(Mark)>& rare = {},
                             std::uint32_t rare_every = 7);
    // The moment that it stands at: a hand made with this one leaves nobody out.
    Instant at() const { return moment(round_, mark_); }

  private:
    Instant moment(std::int64_t round, Mark mark) const;

    Duration interval_;
    std::int64_t round_; // since 1970
    Mark mark_;          // the last one that had its turn in this round
};

} // namespace tutti::agent
