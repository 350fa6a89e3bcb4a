#pragma once
// What Prometheus reads (doc/metrics.md). Fed by every save of a zone; to be read costs memory alone, no store. Zones
// have a series of their own only while they change or have an alarm.
#include "base/exposition.hpp"
#include "port/clock.hpp"
#include "port/store.hpp"
#include "port/world.hpp"
#include "serve/router.hpp"

#include <array>
#include <map>
#include <mutex>
#include <set>

namespace tutti::serve {

class Metrics {
  public:
    // What is known elsewhere, at the moment of reading.
    struct Moment {
        Instant now{};
        std::string version;
        bool halted = false;
        Duration behind{0}; // how long the first zone of the queue has been due
    };
    // How one way of telling (webhook, mail) fares.
    struct Channel {
        std::size_t waiting = 0, sent = 0, failed = 0, dropped = 0;
    };

    explicit Metrics(Instant started) : started_(started) {}
    void update(const port::ZoneRecord& record, const std::vector<port::Event>& events);
    void remove(const dns::Name& zone);
    void looked(Duration took);
    void passed();
    void channel(const std::string& name, const Channel& state);

    std::vector<Family> families(const Moment& moment) const;

  private:
    struct Zone {
        std::string state;
        bool paused = false, manual = false;
        std::optional<port::Transition> change;
        Instant until = kNever;
        std::set<std::array<std::string, 3>> alarms; // code, who, what
    };
    void count(const port::Event& event, const Zone* before);
    void add_zones(std::vector<Family>& out) const;
    void add_counts(std::vector<Family>& out) const;
    void add_channels(std::vector<Family>& out) const;

    mutable std::mutex mutex_; // of what follows
    Instant started_;
    std::map<dns::Name, Zone> zones_;
    std::map<std::string, std::uint64_t> events_, actions_;
    std::uint64_t failures_ = 0, passes_ = 0, looks_ = 0, changes_ = 0;
    double look_seconds_ = 0, change_seconds_ = 0, minimum_seconds_ = 0;
    std::map<std::string, Channel> channels_;
};

// A world whose looks are timed.
class TimedWorld final : public port::World {
  public:
    TimedWorld(port::World& inner, port::Clock& clock, Metrics& metrics)
        : inner_(inner), clock_(clock), metrics_(metrics) {}
    model::Observation observe(const port::ZoneSetup& setup) override;
    std::vector<Expected<void>> carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) override {
        return inner_.carry_out(setup, orders);
    }

  private:
    port::World& inner_;
    port::Clock& clock_;
    Metrics& metrics_;
};

// GET /metrics
Route metrics_route(const Metrics& metrics, std::function<Metrics::Moment()> moment);

} // namespace tutti::serve
