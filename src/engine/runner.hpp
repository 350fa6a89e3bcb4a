#pragma once
// Runs reconcile() for many zones side by side on a few threads.
#include "engine/engine.hpp"
#include "engine/queue.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tutti::engine {

class Runner {
  public:
    // `after_pass` is called, from a worker, after each pass over a zone; it says when to look again at the latest.
    Runner(Ports ports, Pace pace, int workers, std::function<Instant(const dns::Name&)> after_pass = {});
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    void start();
    void stop(); // waits for the passes under way
    void add(const dns::Name& zone);
    void remove(const dns::Name& zone);
    void wake(const dns::Name& zone); // look now
    std::size_t zones() const;
    // How long the zone that is due first has been waiting for a worker.
    Duration behind() const;

  private:
    void work();

    Ports ports_;
    Pace pace_;
    int workers_;
    std::function<Instant(const dns::Name&)> after_pass_;
    mutable std::mutex mutex_;
    std::condition_variable wake_up_;
    Queue queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace tutti::engine
