#pragma once
// Publishes signals (RFC 9615) for zones that have no DS yet, and takes them away once the parent has one. What it adds
// is on disk before it is sent, and only that is ever removed.
#include "engine/live_world.hpp"
#include "model/signal.hpp"
#include "plan/signal.hpp"
#include "port/store.hpp"

namespace tutti::engine {

struct SignalPorts {
    port::Clock& clock;
    port::Dns& dns;
    port::Store& store;
    port::Resolver& resolver;                                // to know which signal zones are secure
    Directory directory;                                     // the drivers
    std::function<std::vector<model::SignalPlace>()> places; // that are configured
};

// The configuration kind under which the store keeps the state of each zone; the name is the zone's.
inline constexpr const char* kSignalKind = "signals";
// Nothing on record: the default.
Expected<model::SignalState> load_signals(port::Store& store, const dns::Name& zone);

class Signaller {
  public:
    explicit Signaller(SignalPorts ports) : p_(std::move(ports)) {}

    // After each pass over the zone. When to look again, at the latest.
    Instant look(const dns::Name& zone);

  private:
    struct Work; // one look
    std::vector<model::SignalRecords> wanted(Work& work);
    std::optional<plan::SignalSeen> said_by_members(const port::ZoneRecord& record);
    bool is_secure(Work& work, const dns::Name& signal_zone);
    void settle(Work& work, const model::SignalPlace& place, std::vector<model::SignalRecords> here);
    bool save(Work& work);
    void tell(Work& work, std::string text, bool bad = false);
    void notify_parent(Work& work);
    Instant again(const dns::Name& zone, bool complete);

    SignalPorts p_;
    std::mutex mutex_; // of what follows
    std::map<dns::Name, Instant> since_;
};

} // namespace tutti::engine
