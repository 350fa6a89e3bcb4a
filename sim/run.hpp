#pragma once
// One scenario from its beginning to its end: the real engine and planner in the simulated world.
#include "engine/engine.hpp"
#include "port/store.hpp"
#include "sim/scenario.hpp"
#include "sim/trace.hpp"

#include <functional>

namespace tutti::sim {

struct RunOptions {
    bool notes = true;                                             // events and waits in the trace, for people
    int most_passes = 100'000;                                     // more is a defect: something goes round and round
    std::function<void(Instant, const port::ZoneRecord&)> on_save; // to look into it
    engine::Pace pace{};
    std::optional<Duration> warm_up; // absent: as below
};

struct Outcome {
    enum class End { done, waiting, blocked, stalled } end = End::waiting;
    Trace trace;
    model::Decision last;           // the last decision
    std::vector<std::string> flaps; // actions undone without a reason, in words
    double elapsed_s = 0;           // from the last change of intent until it was done
    double minimum_s = 0;           // what the engine said is the least possible
    int passes = 0, crashes = 0, writes = 0;
    struct Effect {
        int call = 0; // of a port, counted from 0 on
        bool sent = false;
    };
    std::vector<Effect> effects; // calls that saved something, or sent orders
};
std::string_view to_string(Outcome::End end);

// How long before 0 the controller gets to know the zone, so that it is settled when the scenario begins; or only long
// enough to have looked at it.
Duration warm_up(const Scenario& scenario);

Outcome run(const Scenario& scenario, const RunOptions& options = {});

} // namespace tutti::sim
