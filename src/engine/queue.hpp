#pragma once
// The work queue: which zone is to be looked at when. A zone is handed out to one worker at a time; a wake that comes
// while it is out is remembered. Pure data structure: the caller brings the time and the lock.
#include "base/time.hpp"
#include "dns/name.hpp"

#include <map>
#include <optional>
#include <set>

namespace tutti::engine {

class Queue {
  public:
    void add(const dns::Name& zone, Instant due);
    void remove(const dns::Name& zone);
    // Look at it at `due` or earlier. Unknown zones are ignored.
    void wake(const dns::Name& zone, Instant due);
    // The zone that is due first, if any is due at `now`; it is out until done() is called for it.
    std::optional<dns::Name> take(Instant now);
    void done(const dns::Name& zone, Instant next);
    // When the next zone is due; kNever if none waits.
    Instant next_due() const;
    std::size_t size() const { return zones_.size(); }

  private:
    struct State {
        Instant due;
        bool out = false;
        bool removed = false;
        std::optional<Instant> woken; // while out
    };
    void schedule(const dns::Name& zone, State& state, Instant due);

    std::map<dns::Name, State> zones_;
    std::set<std::pair<Instant, const dns::Name*>> order_; // points at the keys of zones_
};

} // namespace tutti::engine
