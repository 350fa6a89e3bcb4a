#include "epp/client.hpp"

#include "epp/reactions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace tutti::epp {

using Steady = std::chrono::steady_clock;

Client::~Client() {
    for (auto& slot : slots_)
        if (slot.session) slot.session->logout();
}

// .ee counts logins and logouts, too; so each is one step.
void Client::pace() {
    if (limits_.per_minute <= 0) return;
    Moment mine;
    {
        const std::lock_guard lock(mutex_);
        mine = std::max(next_command_, Steady::now());
        next_command_ = mine + Duration{60'000'000 / limits_.per_minute};
    }
    std::this_thread::sleep_until(mine);
}

bool Client::fresh(const Slot& slot) const {
    const auto now = Steady::now();
    return slot.session->usable() && now - slot.used < limits_.idle && now - slot.opened < limits_.age;
}

void Client::note_failure(const Error& error) {
    // A password that is wrong is wrong the next time, and attempts may be counted: the longest pause at once.
    back_off_ = error.kind == ErrorKind::auth
                    ? limits_.longest_back_off
                    : std::clamp(back_off_ * 2, limits_.first_back_off, limits_.longest_back_off);
    not_before_ = Steady::now() + back_off_;
    last_failure_ = error;
    if (error.kind == ErrorKind::throttled) // somebody else uses the account: be content with what we have
        allowed_ = std::max(
            1, static_cast<int>(std::ranges::count_if(slots_, [](const Slot& s) { return s.session != nullptr; })));
}

Expected<Client::Slot*> Client::take_new(std::unique_lock<std::mutex>& lock) {
    if (Steady::now() < not_before_) {
        Error error = *last_failure_;
        const auto left = std::chrono::ceil<std::chrono::seconds>(not_before_ - Steady::now());
        error.seen += fmt::format(" (not tried again for another {})", human(left));
        return std::unexpected(std::move(error));
    }
    Slot& slot = slots_.emplace_back();
    slot.busy = true;
    lock.unlock();
    pace();
    auto session = open_();
    lock.lock();
    if (!session) {
        slots_.remove_if([&](const Slot& s) { return &s == &slot; });
        note_failure(session.error());
        returned_.notify_one();
        return std::unexpected(std::move(session.error()));
    }
    back_off_ = {};
    last_failure_.reset();
    slot.session = *std::move(session);
    slot.opened = slot.used = Steady::now();
    return &slot;
}

Expected<Client::Slot*> Client::take() {
    std::unique_lock lock(mutex_);
    const auto deadline = Steady::now() + limits_.patience;
    for (;;) {
        slots_.remove_if([&](const Slot& s) { return !s.busy && !fresh(s); });
        const auto free = std::ranges::find_if(slots_, [](const Slot& s) { return !s.busy; });
        if (free != slots_.end()) {
            free->busy = true;
            return &*free;
        }
        if (static_cast<int>(slots_.size()) < allowed_) {
            auto made = take_new(lock);
            // One more is not allowed, but there are others to wait for.
            if (!made && made.error().kind == ErrorKind::throttled && !slots_.empty()) continue;
            return made;
        }
        if (returned_.wait_until(lock, deadline) == std::cv_status::timeout)
            return fail(ErrorKind::throttled, "all sessions with the registry are in use", {},
                        "allow more sessions, if the registry does");
    }
}

void Client::give_back(Slot* slot) {
    const std::lock_guard lock(mutex_);
    slot->busy = false;
    slot->used = Steady::now();
    returned_.notify_one();
}

Expected<Response> Client::run(const Command& command) {
    for (int attempt = 1;; ++attempt) {
        const auto slot = take();
        if (!slot) return std::unexpected(slot.error());
        pace();
        auto reply = (*slot)->session->run(command);
        give_back(*slot);
        if (reply || command.transforms || attempt == 2) return reply;
    }
}

Expected<bool> Client::speaks(std::string_view uri) {
    const auto slot = take();
    if (!slot) return std::unexpected(slot.error());
    const bool out = (*slot)->session->speaks(uri);
    give_back(*slot);
    return out;
}

void Client::keep_alive() {
    std::vector<Slot*> quiet;
    {
        const std::lock_guard lock(mutex_);
        for (auto& slot : slots_)
            if (!slot.busy && fresh(slot) && Steady::now() - slot.used > limits_.idle / 2) {
                slot.busy = true;
                quiet.push_back(&slot);
            }
    }
    for (Slot* slot : quiet) {
        static_cast<void>(slot->session->hello()); // if it fails, the session is not taken again
        give_back(slot);
    }
}

} // namespace tutti::epp
