#include "engine/queue.hpp"

#include <algorithm>

namespace tutti::engine {

void Queue::schedule(const dns::Name& zone, State& state, Instant due) {
    const auto* key = &zones_.find(zone)->first;
    order_.erase({state.due, key});
    state.due = due;
    order_.insert({due, key});
}

void Queue::add(const dns::Name& zone, Instant due) {
    auto [it, fresh] = zones_.try_emplace(zone);
    if (!fresh) {
        it->second.removed = false;
        return wake(zone, due);
    }
    it->second.due = due;
    order_.insert({due, &it->first});
}

void Queue::remove(const dns::Name& zone) {
    auto it = zones_.find(zone);
    if (it == zones_.end()) return;
    if (it->second.out) {
        it->second.removed = true;
        return;
    }
    order_.erase({it->second.due, &it->first});
    zones_.erase(it);
}

void Queue::wake(const dns::Name& zone, Instant due) {
    auto it = zones_.find(zone);
    if (it == zones_.end()) return;
    auto& state = it->second;
    if (state.out)
        state.woken = state.woken ? std::min(*state.woken, due) : due;
    else if (due < state.due)
        schedule(zone, state, due);
}

std::optional<dns::Name> Queue::take(Instant now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    const auto* key = order_.begin()->second;
    order_.erase(order_.begin());
    zones_.find(*key)->second.out = true;
    return *key;
}

void Queue::done(const dns::Name& zone, Instant next) {
    auto it = zones_.find(zone);
    if (it == zones_.end()) return;
    auto& state = it->second;
    if (state.removed) {
        zones_.erase(it);
        return;
    }
    state.out = false;
    Instant due = state.woken ? std::min(*state.woken, next) : next;
    state.woken.reset();
    schedule(zone, state, due);
}

Instant Queue::next_due() const {
    return order_.empty() ? kNever : order_.begin()->first;
}

} // namespace tutti::engine
