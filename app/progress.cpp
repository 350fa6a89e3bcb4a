#include "app/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace tutti::app {

void draw_progress(std::int64_t done, std::int64_t all, Duration spent, std::string_view note) {
    constexpr std::int64_t kWide = 40;
    const auto full = all == 0 ? kWide : done * kWide / all;
    const double rate = static_cast<double>(done) / std::max(0.001, to_seconds(spent));
    const auto left = done == 0 ? std::string("?") : human(seconds(static_cast<double>(all - done) / rate));
    fmt::print(stderr, "\r[{}{}] {}/{}  {:.0f}/s  {} left{}{}\x1b[K", std::string(static_cast<std::size_t>(full), '#'),
               std::string(static_cast<std::size_t>(kWide - full), '.'), done, all, rate, left,
               note.empty() ? "" : "  ", note);
    std::fflush(stderr);
}

void clear_progress() {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
}

} // namespace tutti::app
