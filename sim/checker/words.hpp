#pragma once
// A counterexample as a sentence.
#include "sim/checker/exact.hpp"

namespace tutti::sim::checker {

std::string in_words(const Trace& trace, const Caches& caches, const Finding& finding);

} // namespace tutti::sim::checker
