#pragma once
// Port: what must survive a crash. Every call that changes something returns only when it is on disk.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"

#include <cstdint>
#include <optional>

namespace tutti::port {

enum class Mode { automatic, manual }; // manual: nothing happens without `step`

// A change of signers from the moment the intent changed until it was done.
struct Transition {
    std::vector<std::string> from, to;
    Instant started, ended = kNever;
    double minimum_s = 0; // lower bound computed when it started
    bool operator==(const Transition&) const = default;
};

struct ZoneRecord {
    dns::Name zone;
    std::string parent;
    model::Intent intent;
    Mode mode = Mode::automatic;
    bool paused = false;
    int steps = 0;                             // manual mode: decisions that may still be carried out
    std::optional<model::Knowledge> knowledge; // empty before the first observation
    model::Decision decision;                  // the last one
    Instant decided = kLongAgo;
    std::vector<std::string> settled;     // the signers of the last state that was done
    std::optional<Transition> transition; // the one under way
    std::uint64_t revision = 0;           // grows with every save
};

struct Event {
    std::int64_t id = 0; // given by the store
    Instant at;
    std::string kind;   // "intent", "decision", "action", "result", "alarm", "cleared", "done", "version" ...
    std::string text;   // one line for people
    std::string detail; // JSON, for machines; may be empty
};

struct ZoneEvent {
    dns::Name zone;
    Event event;
};

class Store {
  public:
    virtual ~Store() = default;
    virtual Expected<std::vector<dns::Name>> zones() = 0;
    virtual Expected<ZoneRecord> load(const dns::Name& zone) = 0; // not_found
    // Compare-and-swap on `revision`: conflict if somebody else saved since it was loaded. On success `revision` is
    // the new one. `events` are appended in the same transaction. Revision 0: a new zone (conflict if it exists).
    virtual Expected<void> save(ZoneRecord& record, const std::vector<Event>& events) = 0;
    virtual Expected<void> remove(const dns::Name& zone) = 0;
    virtual Expected<std::vector<Event>> events(const dns::Name& zone, std::int64_t after, std::size_t limit) = 0;
    // Of all zones, in the order of their ids. Here: gathered zone by zone, for small fakes.
    virtual Expected<std::vector<ZoneEvent>> all_events(std::int64_t after, std::size_t limit);
    // The highest id that was ever given, also when that event is gone; 0: none.
    virtual Expected<std::int64_t> last_event();
    virtual Expected<std::vector<Transition>> transitions(const dns::Name& zone) = 0; // ended ones, oldest first
    virtual Expected<void> add_transition(const dns::Name& zone, const Transition& transition) = 0;
    // Configuration made at run time: a JSON text by kind ("signer", "parent") and name.
    virtual Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string& kind) = 0;
    virtual Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) = 0;
    virtual Expected<void> drop_config(const std::string& kind, const std::string& name) = 0;
};

} // namespace tutti::port
