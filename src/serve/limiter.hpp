#pragma once
// So many a second of each, with a burst.
#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace tutti::serve {

class Limiter {
  public:
    using Time = std::chrono::steady_clock::time_point;
    Limiter(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

    // 0: go on. Otherwise, after how many seconds it may be tried again.
    double take(const std::string& who, Time now);

  private:
    struct Bucket {
        double left;
        Time at;
    };
    double left(const Bucket& bucket, Time now) const;

    const double per_second_, burst_;
    std::mutex mutex_;
    std::map<std::string, Bucket> buckets_;
};

} // namespace tutti::serve
