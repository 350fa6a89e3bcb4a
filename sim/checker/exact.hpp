#pragma once
// The exact half of the checker: over the recorded timeline, is there any combination of what caches can hold that a
// validator finds bogus, or with which a resolver finds no server? Fetch times are independent: a validator may sit
// behind any chain of caches, so that any data that some cache holds can meet any DNSKEY RRset and any DS RRset that
// some cache holds at the same moment.
#include "sim/checker/held.hpp"

#include <array>

namespace tutti::sim::checker {

struct Rules {
    // RFC 6840 5.11 as strict validators do it (unbound's harden-algo-downgrade): each algorithm of the DS RRset must
    // have a DS whose key signs the DNSKEY RRset, and must sign the data.
    bool strict_algorithms = true;
    // The zone may lose its last DS on purpose.
    bool may_become_insecure = false;
};

enum class Fault {
    chain,     // no key of the DS RRset signs the DNSKEY RRset
    downgrade, // an algorithm of the DS RRset does not sign the DNSKEY RRset
    no_key,    // data signed only by keys that are not in the DNSKEY RRset
    unsigned_data,
    weak_data,    // an algorithm of the DS RRset does not sign the data
    unresolvable, // an NS set of which nobody serves the zone
    lame,         // a signer that resolvers are sent to does not serve the zone, though others do
    insecure      // the DS RRset is gone: nothing is bogus, and nothing is protected
};
inline constexpr std::size_t kFaults = 8;
std::string_view to_string(Fault fault);

// One thing in a cache, and the latest moment at which it can have been fetched.
struct Held {
    TrackKind kind;
    int signer;
    int index; // in TraceTrack::versions
    Instant fetched;
};

struct Finding {
    Fault fault;
    Moments when;           // all moments at which it can be met; the first is the counterexample
    std::vector<Held> held; // as of the first moment
    std::string text;       // the counterexample in words
    Instant at() const { return when.spans().front().from; }
};

// Earliest first. Empty: no cache anywhere could be driven to a bogus or unresolvable answer.
std::vector<Finding> check(const Trace& trace, const Rules& rules = {});

} // namespace tutti::sim::checker
