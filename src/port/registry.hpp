#pragma once
// Port: a registry whose delegations we may change: read one, change it by difference, hear what became of it.
#include "accept/verdict.hpp"

#include <functional>

namespace tutti::port {

// What was there when the change was decided; a registry that shows something else now is not touched (compare and
// swap). Absent: whatever it is.
struct Expectation {
    std::optional<std::vector<dnssec::Ds>> ds;
    std::optional<std::vector<dns::Name>> ns;
    std::optional<std::vector<accept::Glue>> glue; // compared for the hosts that the change is about
};

struct RegistryChange {
    dns::Name child;
    accept::Change change;
    Expectation expected;
    std::vector<dnssec::Dnskey> keys; // of the child, for registries that take keys and not DS
};

struct Submission {
    enum class State {
        done,    // now in the registry; it publishes in its own time
        already, // was there before: nothing was sent
        pending, // the registry, or a person, decides later: messages() tells
        held     // a lock or something else of the registry prevents it for now: nothing was changed
    };
    State state = State::done;
    std::string id;   // pending: the registry's own name for the transaction
    std::string text; // in words
};

// What the registry tells by itself.
struct Notice {
    enum class Kind { done, rejected, changed, other };
    Kind kind = Kind::other;
    std::optional<dns::Name> child;
    std::string id;          // of the message
    std::string transaction; // done, rejected: Submission::id
    std::string text;
};

class RegistryBackend {
  public:
    virtual ~RegistryBackend() = default;
    virtual const std::string& name() const = 0;
    // The delegation as the registry has it now: ns, glue, ds, ds_ttl and statuses; what is only remembered stays
    // empty. `not_found`: there is none.
    virtual Expected<accept::Registry> read(const dns::Name& child) = 0;
    // Makes the change wholly, or not at all where the registry can. The same change may be asked for again, after a
    // crash or a lost reply: it is never made twice. Errors: conflict (not as expected: judge again), refused, invalid
    // (will never do), throttled, unreachable, transient (not done), unknown_outcome (done, or not: ask again).
    virtual Expected<Submission> apply(const RegistryChange& change) = 0;
    // What apply() would send now, for people; reads only.
    virtual Expected<std::string> dry_run(const RegistryChange& change) = 0;
    // Takes messages from the registry's queue until it is empty, and does what keeps the connection alive. A message
    // is confirmed only after `keep` has returned true (it is on disk): none is lost, one may come twice.
    virtual Expected<void> messages(const std::function<bool(const Notice&)>& keep) = 0;
};

const char* to_string(Submission::State state);

} // namespace tutti::port
