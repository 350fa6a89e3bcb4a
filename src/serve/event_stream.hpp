#pragma once
// Events for one reader: what it wishes, and the frames as they come.
#include "serve/session.hpp"

namespace tutti::serve {

struct StreamWish {
    std::int64_t after;
    std::optional<dns::Name> zone;
    Caller caller;
    bool wants(const Frame& f) const { return (!zone || f.zone == *zone) && caller.may(f.zone); }
};
Result<StreamWish> read_wish(const Request& request, const std::string& last_event_id, const EventHub& events);

// At most a batch after `after`; waits for the disk, not for events.
asio::awaitable<Frames> next_frames(Shared& shared, std::int64_t after);

// Ends its wait, on the connection's strand, whenever the hub has something; as long as it lives.
class Alarm {
  public:
    Alarm(EventHub& events, const asio::any_io_executor& executor);
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    // False: the time was over.
    asio::awaitable<bool> wait(std::chrono::milliseconds at_most);

  private:
    struct Bell {
        asio::steady_timer timer;
        bool rung = false; // while nobody waited
    };
    EventHub& events_;
    std::shared_ptr<Bell> bell_;
    std::uint64_t ticket_;
};

} // namespace tutti::serve
