#pragma once
// The engine: observe -> learn -> plan -> record -> act -> observe. Level-triggered: what to do follows from the state
// of the world alone; events only say when to look. It can be killed at any instruction and started again.
#include "port/clock.hpp"
#include "port/store.hpp"
#include "port/world.hpp"

namespace tutti::engine {

struct Ports {
    port::Clock& clock;
    port::World& world;
    port::Store& store;
};

struct Pace {
    Duration near{std::chrono::milliseconds(100)}; // first look after an action; grows by half each time
    Duration near_max{std::chrono::seconds(5)};    // but no slower than this while something is under way
    Duration idle_max{std::chrono::minutes(10)};   // steady state: min(TTL)/2, but never less often than this
};

// Whom a pass asks and tells: the signers known, those of `intent` (which may be one that is only considered), and
// those that may still be serving the zone.
port::ZoneSetup setup_of(const port::ZoneRecord& record, const model::Intent& intent);

// One pass over one zone. Returns when to look again (never "at once for ever": at least Pace::near from now).
// Blocks for as long as the world takes; one zone is never in two passes at once (the queue sees to it).
Instant reconcile(const dns::Name& zone, Ports ports, const Pace& pace);

} // namespace tutti::engine
