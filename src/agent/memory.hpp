#pragma once
// What is remembered of a child between two looks. Only children that have something to remember have a row.
#include "accept/verdict.hpp"
#include "port/registry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tutti::agent {

// The DS TTL that was lowered with a change, and when the old one comes back (RFC 10026).
struct TtlRestore {
    Instant at{};
    dns::Ttl ttl = 3600;
    bool operator==(const TtlRestore&) const = default;
};

struct Memory {
    std::optional<accept::Applied> last_change;
    std::optional<accept::CsyncDone> last_csync;
    std::optional<accept::Delay> delay;
    std::optional<TtlRestore> ttl;
    bool suspended = false;         // its DS were removed by another channel (RFC 10026)
    bool notifies = false;          // its last change was told of by NOTIFY: a scan comes less often (RFC 9859)
    int attempt = 0;                // looks in a row that ended with `retry`
    int tries = 0;                  // submissions in a row that failed
    std::optional<Instant> look_at; // look again then

    bool empty() const { return *this == Memory{}; }
    bool operator==(const Memory&) const = default;
};

// Into what the registry says of it.
void remember(const Memory& memory, accept::Registry& registry);

// One line of the log: a decision, or something that happened.
struct Entry {
    std::int64_t id = 0;  // given by the store
    Instant at{}, last{}; // of the first and the last time, where the same comes again and again
    int times = 1;
    std::optional<dns::Name> child;
    std::string kind;        // "accept", "reject", "submitted", "suspended" ...
    std::string text;        // for people
    std::string detail;      // JSON: verdict, registry, evidence; may be empty
    std::string fingerprint; // not empty: the next entry of this child with the same one only counts
};

// A change on its way into the registry, written down before it is sent.
struct Submission {
    std::int64_t id = 0; // given by the store
    Instant at{};
    dns::Name child;
    accept::Verdict verdict;   // what was decided, on ...
    accept::Registry registry; // ... this delegation
    std::vector<dnssec::Dnskey> keys;
    enum class State { recorded, pending, closed } state = State::recorded;
    std::string transaction; // pending: the registry's name for it

    port::RegistryChange change() const;
};

} // namespace tutti::agent
