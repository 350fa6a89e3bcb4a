#pragma once
// Runs blocking calls side by side, in a bounded number of threads over all callers together.
#include <atomic>
#include <functional>
#include <span>

namespace tutti::engine {

class Threads {
  public:
    explicit Threads(int most) : free_(most) {}
    // Returns when all tasks are done. The calling thread works, too: with no thread free the tasks run one by one.
    // Tasks don't throw.
    void run(std::span<const std::function<void()>> tasks);

  private:
    std::atomic<int> free_;
};

} // namespace tutti::engine
