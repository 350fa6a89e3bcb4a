#pragma once
// Sets of moments, as sorted half-open intervals [from, until) that do not touch.
//
// Half-open is exact: an RRset fetched at f lives in [f, f + ttl); fetched at any f in [from, until) it lives somewhere
// in [from, until + ttl), a half-open interval again. At `until + ttl` itself no cache holds it. The ends are whole
// microseconds, the moments between them are real numbers: that is why a sum of chains of caches loses nothing.
#include "base/time.hpp"

#include <algorithm>
#include <vector>

namespace tutti::sim::checker {

struct Span {
    Instant from, until;
    bool has(Instant t) const { return from <= t && t < until; }
    bool operator==(const Span&) const = default;
};

class Moments {
  public:
    Moments() = default;
    Moments(Span s) { add(s); }

    const std::vector<Span>& spans() const { return spans_; }
    bool empty() const { return spans_.empty(); }
    bool has(Instant t) const {
        return std::ranges::any_of(spans_, [&](const Span& s) { return s.has(t); });
    }

    // True if it was not all there before.
    bool add(Span s) {
        if (s.from >= s.until) return false;
        auto first = std::ranges::find_if(spans_, [&](const Span& x) { return x.until >= s.from; });
        if (first != spans_.end() && first->from <= s.from && s.until <= first->until) return false;
        auto last = first;
        for (; last != spans_.end() && last->from <= s.until; ++last) {
            s.from = std::min(s.from, last->from);
            s.until = std::max(s.until, last->until);
        }
        spans_.insert(spans_.erase(first, last), s);
        return true;
    }
    void add(const Moments& other) {
        for (const auto& s : other.spans_) add(s);
    }

    Moments within(Span window) const {
        Moments out;
        for (const auto& s : spans_) out.append({std::max(s.from, window.from), std::min(s.until, window.until)});
        return out;
    }
    Moments common(const Moments& other) const {
        Moments out;
        auto a = spans_.begin(), b = other.spans_.begin();
        while (a != spans_.end() && b != other.spans_.end()) {
            out.append({std::max(a->from, b->from), std::min(a->until, b->until)});
            (a->until < b->until ? a : b)++;
        }
        return out;
    }
    bool meets(const Moments& other) const {
        auto a = spans_.begin(), b = other.spans_.begin();
        while (a != spans_.end() && b != other.spans_.end()) {
            if (std::max(a->from, b->from) < std::min(a->until, b->until)) return true;
            (a->until < b->until ? a : b)++;
        }
        return false;
    }
    // Those of `window` that are not in here.
    Moments gaps(Span window) const {
        Moments out;
        Instant at = window.from;
        for (const auto& s : spans_) {
            if (s.from > at) out.append({at, std::min(s.from, window.until)});
            at = std::max(at, s.until);
        }
        out.append({at, window.until});
        return out;
    }
    // When a cache may hold what was fetched at any of these moments.
    Moments kept_for(Duration ttl) const {
        Moments out;
        for (const auto& s : spans_) out.add({s.from, s.until == kNever ? kNever : s.until + ttl});
        return out;
    }
    // The latest of these moments that is not after t; kLongAgo if there is none.
    Instant latest(Instant t) const {
        Instant out = kLongAgo;
        for (const auto& s : spans_)
            if (s.from <= t) out = std::min(t, s.until - Duration{1});
        return out;
    }

  private:
    void append(Span s) {
        if (s.from >= s.until) return;
        if (!spans_.empty() && spans_.back().until == s.from)
            spans_.back().until = s.until;
        else
            spans_.push_back(s);
    }
    std::vector<Span> spans_;
};

} // namespace tutti::sim::checker
