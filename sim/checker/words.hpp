#pragma once
// A counterexample as a sentence.
#include "sim/checker/exact.hpp"

namespace tutti::sim::checker {

std::string in_words(const Trace& trace, const Caches& caches, const Finding& finding);

// "just before 66" for the last microsecond before it, else "at 65.9".
std::string moment_text(Instant t);

} // namespace tutti::sim::checker
