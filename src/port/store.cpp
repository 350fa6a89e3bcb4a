#include "port/store.hpp"

#include <algorithm>

namespace tutti::port {

Expected<std::vector<ZoneEvent>> Store::all_events(std::int64_t after, std::size_t limit) {
    auto names = zones();
    if (!names) return std::unexpected(names.error());
    std::vector<ZoneEvent> out;
    for (const auto& zone : *names) {
        auto some = events(zone, after, limit);
        if (!some) return std::unexpected(some.error());
        for (auto& event : *some) out.push_back({zone, std::move(event)});
    }
    std::ranges::sort(out, {}, [](const ZoneEvent& e) { return e.event.id; });
    if (out.size() > limit) out.erase(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
    return out;
}

Expected<std::int64_t> Store::last_event() {
    auto all = all_events(0, SIZE_MAX);
    if (!all) return std::unexpected(all.error());
    return all->empty() ? 0 : all->back().event.id;
}

} // namespace tutti::port
