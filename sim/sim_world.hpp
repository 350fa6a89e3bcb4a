#pragma once
// The world in virtual time: signers, a parent and the network between them and a controller. It implements the ports
// World and Clock. Nothing in it reads a real clock or real randomness: the same scenario and seed give the same run.
#include "port/clock.hpp"
#include "port/world.hpp"
#include "sim/sim_parent.hpp"
#include "sim/sim_signer.hpp"

#include <functional>

namespace tutti::sim {

// The controller was killed. Not a std::exception: nothing but the runner may catch it.
struct Crash {};

class SimWorld final : public port::World, public port::Clock {
  public:
    // Runs before each call of a port, and may throw Crash.
    using Hook = std::function<void()>;

    SimWorld(const Scenario& scenario, Instant since);

    // Virtual time. Everything that is due until `t` happens, in order.
    Instant time() const { return now_; }
    void advance(Instant t);
    // Nothing is on its way or under way any more: what is served now stays.
    bool quiet(std::span<const std::string> members) const;
    bool out_of_events() const { return next_event_ == scenario_.events.size(); }

    // port::Clock: the controller's clock.
    Instant now() override;
    // port::World
    model::Observation observe(const port::ZoneSetup& setup) override;
    std::vector<Expected<void>> carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) override;

    void set_hook(Hook hook) { hook_ = std::move(hook); }
    void set_events(std::function<void(const EventSpec&)> take) { take_event_ = std::move(take); }
    // The second half of a crash in the middle of carry_out: the orders are on their way, the answer is never read.
    void crash_after_sending() { crash_after_sending_ = true; }
    void jump_clock(Duration by) { clock_offset_ += by; }
    Rng& rng() { return rng_; }

    const Scenario& scenario() const { return scenario_; }
    const KeyRing& keys() const { return keys_; }
    const std::vector<SimSigner>& signers() const { return signers_; }
    SimSigner& signer(int i) { return signers_[static_cast<std::size_t>(i)]; }
    const SimParent& parent() const { return *parent_; }
    const std::vector<TraceAction>& actions() const { return actions_; }
    Duration clock_offset() const { return clock_offset_; }

  private:
    struct Fault {
        EventSpec::Fault mode = EventSpec::Fault::error;
        Instant until = kLongAgo;
    };
    struct Flight { // an order that has left the controller
        Instant at;
        int place; // signer; -1: the parent
        Write write;
        std::size_t* pending = nullptr;   // counts down when it has arrived
        Expected<void>* result = nullptr; // where the reply goes; nullptr: nobody waits for it
        bool reply_lost = false;
    };

    // When the next thing happens that is not the controller's doing.
    Instant next_event() const;
    void set_up();
    ZoneContent first_content(std::size_t signer, const std::vector<OwnKeys>& own) const;
    Duration patience_s() const;
    void happen(const EventSpec& e);
    void happen_at_signer(const EventSpec& e, SimSigner& s);
    void outage(auto& served, const EventSpec& e);
    Duration long_enough(const EventSpec& e) const;
    void arrive(Flight& flight);
    Expected<void> deliver(const Flight& flight);
    Expected<void> deliver_to(int place, const Write& write, const Fault& fault);
    bool has_signed(KeyBits keys, KeyBits signed_by) const;
    bool reachable(int place, Instant t) const;
    Duration write_delay(int place) const;
    void note_actions(const port::ZoneSetup& setup, std::span<const port::Order> orders);

    Instant on_controllers_clock(Instant t) const { return t + clock_offset_; }
    int signer_index(const std::string& name) const;

    Scenario scenario_;
    Instant since_, now_;
    Duration clock_offset_{0};
    Rng rng_;
    KeyRing keys_;
    std::vector<SimSigner> signers_;
    std::optional<SimParent> parent_;
    std::vector<Fault> faults_; // by signer; the last: the parent
    std::vector<Flight> flights_;
    std::size_t next_event_ = 0;
    std::vector<TraceAction> actions_;
    Hook hook_;
    std::function<void(const EventSpec&)> take_event_;
    bool crash_after_sending_ = false;
};

} // namespace tutti::sim
