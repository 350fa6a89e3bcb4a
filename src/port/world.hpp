#pragma once
// Port: everything outside, as the engine needs it: look at a zone, carry out actions.
#include "model/change.hpp"
#include "model/decision.hpp"
#include "model/observation.hpp"

#include <span>

namespace tutti::port {

struct ZoneSetup {
    dns::Name zone;
    std::string parent;
    std::vector<std::string> signers; // all that matter: intended, leaving, declared dead
};

// One action and the records that it means.
struct Order {
    model::Action action;
    std::vector<model::RrChange> changes;
};

class World {
  public:
    virtual ~World() = default;
    // Asks every address of every signer and of the parent. Never fails as a whole: what did not answer says so.
    virtual model::Observation observe(const ZoneSetup& setup) = 0;
    // Orders for the same place go together, different places side by side. Results in the order of `orders`.
    virtual std::vector<Expected<void>> carry_out(const ZoneSetup& setup, std::span<const Order> orders) = 0;
};

} // namespace tutti::port
