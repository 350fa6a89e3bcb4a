#include "serve/limiter.hpp"

#include <algorithm>

namespace tutti::serve {

namespace {

constexpr std::size_t kMost = 10'000; // then those that are full again are forgotten

}

double Limiter::left(const Bucket& bucket, Time now) const {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(burst_, bucket.left + passed.count() * per_second_);
}

double Limiter::take(const std::string& who, Time now) {
    const std::lock_guard guard(mutex_);
    if (buckets_.size() >= kMost) std::erase_if(buckets_, [&](const auto& b) { return left(b.second, now) >= burst_; });
    auto& bucket = buckets_.try_emplace(who, Bucket{burst_, now}).first->second;
    bucket = {left(bucket, now), now};
    if (bucket.left < 1) return (1 - bucket.left) / per_second_;
    bucket.left -= 1;
    return 0;
}

} // namespace tutti::serve
