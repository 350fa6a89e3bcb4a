#pragma once
// Random scenarios. The same seed is the same scenario.
#include "sim/scenario.hpp"

namespace tutti::sim {

enum class Weather {
    calm,  // a change of signers in an orderly world: delays and lags, nothing goes wrong
    stormy // everything at once: faults, crashes, rollovers, changes of intent
};
// "calm", "stormy"; nothing for any other word.
std::optional<Weather> weather_of(std::string_view word);
Scenario generate(std::uint64_t seed, Weather weather);

// True if no controller could finish: a signer that refuses foreign keys with SEP beside one that signs with a CSK.
bool cannot_be_done(const Scenario& scenario);

} // namespace tutti::sim
