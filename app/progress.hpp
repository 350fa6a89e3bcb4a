#pragma once
// A bar on a terminal: how far, how fast, how long still.
#include "base/time.hpp"

#include <cstdint>
#include <string_view>

namespace tutti::app {

// On stderr, over the one before. `note` comes last; keep it short.
void draw_progress(std::int64_t done, std::int64_t all, Duration spent, std::string_view note = {});
void clear_progress();

} // namespace tutti::app
