#include "engine/parallel.hpp"

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace tutti::engine {

namespace {

// Takes up to `wanted` of what is free.
int borrow(std::atomic<int>& free, int wanted) {
    int have = free.load();
    while (true) {
        const int take = std::min(have, wanted);
        if (take <= 0) return 0;
        if (free.compare_exchange_weak(have, have - take)) return take;
    }
}

} // namespace

void Threads::run(std::span<const std::function<void()>> tasks) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < tasks.size(); i = next++) tasks[i]();
    };
    const int helpers = tasks.size() < 2 ? 0 : borrow(free_, static_cast<int>(tasks.size()) - 1);
    {
        std::vector<std::jthread> threads;
        threads.reserve(static_cast<std::size_t>(helpers));
        try {
            for (int i = 0; i < helpers; ++i) threads.emplace_back(work);
        } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch)
            // The machine has no more threads: those that there are do it.
        }
        work();
    }
    free_ += helpers;
}

} // namespace tutti::engine
