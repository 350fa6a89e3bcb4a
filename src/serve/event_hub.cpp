#include "serve/event_hub.hpp"

#include "serve/views.hpp"

#include <algorithm>

namespace tutti::serve {

namespace {

std::shared_ptr<const Frame> frame(const port::ZoneEvent& e) {
    // One line of JSON: no newline can end the field early. The kind goes into the data, too.
    std::string text = "id: " + std::to_string(e.event.id) + "\nevent: " + e.event.kind +
                       "\ndata: " + serialize(event_json(e.zone, e.event)) + "\n\n";
    return std::make_shared<const Frame>(Frame{e.event.id, e.zone, std::move(text)});
}

} // namespace

EventHub::EventHub(port::Store& store) : store_(store) {
    // Readers that start without an id want what comes from now on: find the present end.
    for (;;) {
        auto some = store_.all_events(dropped_, 10'000);
        if (!some || some->empty()) break;
        dropped_ = some->back().event.id;
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EventHub::~EventHub() {
    thread_.request_stop();
    news_.notify_all();
}

void EventHub::poke() {
    {
        const std::lock_guard guard(mutex_);
        poked_ = true;
    }
    news_.notify_one();
}

std::int64_t EventHub::last() const {
    const std::lock_guard guard(mutex_);
    return frames_.empty() ? dropped_ : frames_.back()->id;
}

std::optional<Frames> EventHub::after(std::int64_t id, std::size_t limit) const {
    const std::lock_guard guard(mutex_);
    if (id < dropped_) return std::nullopt;
    auto at = std::ranges::upper_bound(frames_, id, {}, [](const auto& f) { return f->id; });
    Frames out;
    for (; at != frames_.end() && out.size() < limit; ++at) out.push_back(*at);
    return out;
}

Expected<Frames> EventHub::from_store(std::int64_t id, std::size_t limit) {
    auto some = store_.all_events(id, limit);
    if (!some) return std::unexpected(some.error());
    Frames out;
    for (const auto& e : *some) out.push_back(frame(e));
    return out;
}

std::uint64_t EventHub::subscribe(std::function<void()> wake) {
    const std::lock_guard guard(mutex_);
    readers_[next_ticket_] = std::move(wake);
    return next_ticket_++;
}

void EventHub::unsubscribe(std::uint64_t ticket) {
    const std::lock_guard guard(mutex_);
    readers_.erase(ticket);
}

void EventHub::run(const std::stop_token& stop) {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (!news_.wait(lock, stop, [this] { return poked_; })) return;
            poked_ = false;
        }
        auto some = from_store(last(), 1000);
        if (!some || some->empty()) continue;
        const std::lock_guard guard(mutex_);
        if (some->size() == 1000) poked_ = true; // there may be more
        for (auto& f : *some) frames_.push_back(std::move(f));
        while (frames_.size() > kKept) {
            dropped_ = frames_.front()->id;
            frames_.pop_front();
        }
        for (const auto& [ticket, wake] : readers_) wake();
    }
}

} // namespace tutti::serve
