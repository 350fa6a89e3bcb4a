#include "engine/runner.hpp"

#include <algorithm>

namespace tutti::engine {

Runner::Runner(Ports ports, Pace pace, int workers, std::function<Instant(const dns::Name&)> after_pass)
    : ports_(ports), pace_(pace), workers_(std::max(1, workers)), after_pass_(std::move(after_pass)) {}

Runner::~Runner() {
    stop();
}

void Runner::start() {
    std::lock_guard lock(mutex_);
    stopping_ = false;
    for (int i = 0; i < workers_; ++i) threads_.emplace_back([this] { work(); });
}

void Runner::stop() {
    std::vector<std::thread> threads;
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    wake_up_.notify_all();
    for (auto& t : threads) t.join();
}

void Runner::add(const dns::Name& zone) {
    {
        std::lock_guard lock(mutex_);
        queue_.add(zone, ports_.clock.now());
    }
    wake_up_.notify_one();
}

void Runner::remove(const dns::Name& zone) {
    std::lock_guard lock(mutex_);
    queue_.remove(zone);
}

void Runner::wake(const dns::Name& zone) {
    {
        std::lock_guard lock(mutex_);
        queue_.wake(zone, ports_.clock.now());
    }
    wake_up_.notify_one();
}

std::size_t Runner::zones() const {
    std::lock_guard lock(mutex_);
    return queue_.size();
}

Duration Runner::behind() const {
    const std::lock_guard lock(mutex_);
    const auto due = queue_.next_due(), now = ports_.clock.now();
    return due < now ? now - due : Duration{0};
}

void Runner::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        Instant now = ports_.clock.now();
        auto zone = queue_.take(now);
        if (!zone) {
            // Exactly until the next zone is due; a day is only a bound for the arithmetic.
            auto sleep = std::min<Duration>(queue_.next_due() - now, std::chrono::hours(24));
            wake_up_.wait_for(lock, sleep);
            continue;
        }
        lock.unlock();
        Instant next = reconcile(*zone, ports_, pace_);
        if (after_pass_) next = std::min(next, after_pass_(*zone));
        lock.lock();
        queue_.done(*zone, next);
        wake_up_.notify_one();
    }
}

} // namespace tutti::engine
