#include "app/crowd.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tutti::app {

namespace {

using Clock = std::chrono::steady_clock;

Duration since(Clock::time_point then) {
    return std::chrono::duration_cast<Duration>(Clock::now() - then);
}

void draw(int done, int n, Duration spent) {
    constexpr int kWide = 40;
    const int full = static_cast<int>(static_cast<std::int64_t>(done) * kWide / n);
    const double rate = done / std::max(0.001, to_seconds(spent));
    const auto left = done == 0 ? std::string("?") : human(seconds((n - done) / rate));
    fmt::print(stderr, "\r[{}{}] {}/{}  {:.0f}/s  {} left\x1b[K", std::string(static_cast<std::size_t>(full), '#'),
               std::string(static_cast<std::size_t>(kWide - full), '.'), done, n, rate, left);
    std::fflush(stderr);
}

} // namespace

int workers(int jobs) {
    return jobs > 0 ? jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Duration crowd(int n, int jobs, const std::function<void(int worker, int i)>& work) {
    std::atomic<int> next{0}, done{0}, running{jobs};
    std::exception_ptr trouble;
    std::mutex troubled;
    const auto start = Clock::now();
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < jobs; ++w)
            threads.emplace_back([&, w] {
                try {
                    for (int i = next++; i < n; i = next++) {
                        work(w, i);
                        ++done;
                    }
                } catch (...) {
                    const std::lock_guard lock(troubled);
                    if (!trouble) trouble = std::current_exception();
                    next = n;
                }
                --running;
            });
        const bool terminal = ::isatty(STDERR_FILENO) != 0;
        while (terminal && running > 0) {
            draw(done, n, since(start));
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
        if (terminal) fmt::print(stderr, "\r\x1b[K");
    }
    if (trouble) std::rethrow_exception(trouble);
    return since(start);
}

} // namespace tutti::app
