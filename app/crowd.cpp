#include "app/crowd.hpp"

#include "app/progress.hpp"

#include <unistd.h>

#include <atomic>
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
            draw_progress(done, n, since(start));
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
        if (terminal) clear_progress();
    }
    if (trouble) std::rethrow_exception(trouble);
    return since(start);
}

} // namespace tutti::app
