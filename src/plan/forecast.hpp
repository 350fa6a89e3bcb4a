#pragma once
// What would happen: plan() run forward in an ideal world, where every action is seen everywhere at once.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"

namespace tutti::plan {

struct Step {
    Instant at;
    std::vector<model::Action> actions;    // done at `at`
    std::vector<model::Reason> then_waits; // what is waited for after them
    Instant until = kNever;
    std::vector<model::Reason> breaks; // what it does to caches that hold distrusted keys
    model::Knowledge before;           // to label keys and names
};

struct Forecast {
    std::vector<Step> steps;
    enum class End { done, blocked } end = End::done;
    std::vector<model::Reason> because; // when blocked
    Instant finished;                   // earliest possible end
    model::Knowledge after;             // what will have been served until then, in times to come
    // From this step on (index into steps), going back to the present signers costs more than a few records: caches
    // must be waited for. -1: never.
    int point_of_no_cheap_return = -1;
};

Forecast forecast(const model::Intent& intent, model::Knowledge knowledge, Instant now);
// The lower bound of the time that the change needs (safety: no plan can be faster than caches allow).
Duration minimum(const model::Intent& intent, const model::Knowledge& knowledge, Instant now);

} // namespace tutti::plan
