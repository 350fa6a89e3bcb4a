#pragma once
// "Did you mean ...?"
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::port {

// The candidate that `word` was probably meant to be; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// "did you mean \"green\"?", or "there are: blue, green", or `none` when there are no candidates.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates, std::string_view none);
// "a, b, c"
std::string joined(const std::vector<std::string>& words);

} // namespace tutti::port
