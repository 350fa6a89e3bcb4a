#pragma once
// Events of all zones for any number of readers: one thread reads the store, once per news; each event is written out
// once; readers share the texts.
#include "port/store.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace tutti::serve {

struct Frame { // one event as it goes over the wire (text/event-stream)
    std::int64_t id;
    dns::Name zone;
    std::string text;
};
using Frames = std::vector<std::shared_ptr<const Frame>>;

class EventHub {
  public:
    explicit EventHub(port::Store& store);
    ~EventHub();
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    // Something was saved. Cheap; from any thread.
    void poke();
    // Those after `id` that are still in memory, at most `limit`; nothing when older ones are asked for: then read
    // them with `from_store`.
    std::optional<Frames> after(std::int64_t id, std::size_t limit) const;
    Expected<Frames> from_store(std::int64_t id, std::size_t limit);
    std::int64_t last() const;
    // The same, or of the store, where `wanted` is later: an event that was saved may not have been read here yet.
    std::int64_t newest(std::int64_t wanted) const;

    // `wake` is called from the hub's thread whenever there is something new; it must be quick.
    std::uint64_t subscribe(std::function<void()> wake);
    void unsubscribe(std::uint64_t ticket);

  private:
    void run(const std::stop_token& stop);
    void wake_all(const std::stop_token& stop);

    static constexpr std::size_t kKept = 4096;
    // At most so often. What comes meanwhile goes out together.
    static constexpr auto kBetween = std::chrono::milliseconds(40);
    // A thousand readers woken at once are a thousand packets, and whoever asks for something else would wait behind
    // them: a few at a time, at a pace of 10,000 a second, however many there are.
    static constexpr std::size_t kSlice = 16;
    static constexpr auto kEach = std::chrono::microseconds(100);

    port::Store& store_;
    mutable std::mutex mutex_;
    std::condition_variable_any news_;
    bool poked_ = true;
    std::int64_t newest_ = 0;  // the last id that was ever given
    std::int64_t dropped_ = 0; // the last id that is no longer, or never was, in memory
    std::deque<std::shared_ptr<const Frame>> frames_;
    std::uint64_t next_ticket_ = 1;
    std::map<std::uint64_t, std::function<void()>> readers_;
    std::jthread thread_;
};

} // namespace tutti::serve
