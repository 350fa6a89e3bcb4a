#pragma once
// Randomness from a seed: the same on every machine (the standard's distributions are not).
#include "base/time.hpp"

#include <cstdint>

namespace tutti::sim {

class Rng {
  public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() { // splitmix64
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    // 0 .. n - 1
    int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
    int between(int least, int most) { return least + below(most - least + 1); }
    bool chance(double p) { return p > 0 && static_cast<double>(next() >> 11) < p * 9007199254740992.0; }
    Duration between(Duration least, Duration most) {
        const auto range = static_cast<std::uint64_t>((most - least).count());
        return range == 0 ? least : least + Duration{static_cast<std::int64_t>(next() % (range + 1))};
    }

  private:
    std::uint64_t state_;
};

} // namespace tutti::sim
