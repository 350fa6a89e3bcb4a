#include "serve/event_stream.hpp"

#include <charconv>
#include <utility>

namespace tutti::serve {

Result<StreamWish> read_wish(const Request& request, const std::string& last_event_id, const EventHub& events) {
    StreamWish out{events.last(), std::nullopt, request.caller};
    std::string after = last_event_id;
    if (const auto given = request.query.find("after"); given != request.query.end()) after = given->second;
    if (const auto given = request.query.find("zone"); given != request.query.end()) {
        auto zone = dns::Name::parse(given->second);
        if (!zone) return std::unexpected(Problem("zone-invalid", zone.error()));
        if (!request.caller.may(*zone))
            return problem("zone-forbidden", 403, ErrorKind::auth, "this token is for other zones", zone->text(),
                           "GET /v1/whoami tells which");
        out.zone = *zone;
    }
    if (after.empty()) return out;
    const auto [end, ec] = std::from_chars(after.data(), after.data() + after.size(), out.after);
    if (ec != std::errc{} || end != after.data() + after.size() || out.after < 0)
        return problem("query-invalid", ErrorKind::invalid, '"' + after + "\" is not an event id", "after",
                       "use a number");
    if (const auto newest = events.newest(out.after); out.after > newest)
        return problem("events-gone", 410, ErrorKind::conflict,
                       "there is no event " + after + ", the newest is " + std::to_string(newest) +
                           ": an older copy of the database is in use",
                       "after", "read everything anew, then follow from there");
    return out;
}

asio::awaitable<Frames> next_frames(Shared& shared, std::int64_t after) {
    constexpr std::size_t kBatch = 256;
    if (auto recent = shared.events.after(after, kBatch)) co_return *std::move(recent);
    auto work = [&shared, after]() -> asio::awaitable<Frames> {
        co_return shared.events.from_store(after, kBatch).value_or(Frames{});
    };
    auto running = asio::co_spawn(shared.handlers, work, asio::use_awaitable);
    co_return co_await std::move(running);
}

Alarm::Alarm(EventHub& events, const asio::any_io_executor& executor)
    : events_(events), bell_(std::make_shared<Bell>(asio::steady_timer(executor))) {
    ticket_ = events.subscribe([weak = std::weak_ptr(bell_), executor] {
        asio::post(executor, [weak] {
            const auto alive = weak.lock();
            if (!alive) return;
            alive->rung = true;
            alive->timer.cancel();
        });
    });
}

Alarm::~Alarm() {
    events_.unsubscribe(ticket_);
}

asio::awaitable<bool> Alarm::wait(std::chrono::milliseconds at_most) {
    if (!bell_->rung) {
        bell_->timer.expires_after(at_most);
        co_await bell_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return std::exchange(bell_->rung, false);
}

} // namespace tutti::serve
