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
    newest_ = store_.last_event().value_or(0);
    dropped_ = std::max<std::int64_t>(0, newest_ - static_cast<std::int64_t>(kKept));
    // Readers that come back after a restart want what they have not seen: the last ones are at hand.
    auto some = from_store(dropped_, kKept);
    if (some)
        frames_.assign(some->begin(), some->end());
    else
        dropped_ = newest_;
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
    return newest_;
}

std::int64_t EventHub::newest(std::int64_t wanted) const {
    const auto here = last();
    return wanted <= here ? here : std::max(here, store_.last_event().value_or(here));
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
        std::unique_lock lock(mutex_);
        if (some->size() == 1000) poked_ = true; // there may be more
        newest_ = some->back()->id;
        for (auto& f : *some) frames_.push_back(std::move(f));
        while (frames_.size() > kKept) {
            dropped_ = frames_.front()->id;
            frames_.pop_front();
        }
        lock.unlock();
        wake_all(stop);
    }
}

void EventHub::wake_all(const std::stop_token& stop) {
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t last = 0;
    for (bool more = true; more && !stop.stop_requested();) {
        {
            const std::lock_guard guard(mutex_);
            auto at = readers_.upper_bound(last);
            for (std::size_t n = 0; n < kSlice && at != readers_.end(); ++n, ++at) {
                at->second();
                last = at->first;
            }
            more = at != readers_.end();
        }
        if (more) std::this_thread::sleep_for(kSlice * kEach);
    }
    std::this_thread::sleep_until(began + kBetween);
}

} // namespace tutti::serve
