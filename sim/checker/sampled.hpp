#pragma once
// The sampled half of the checker: thousands of resolvers with real cache behaviour over the same timeline, as a check
// of the exact half. Recursive resolvers (parent-centric and child-centric, with prefetch and TTL caps) ask the
// servers; validators (with and without a cache of their own) ask one or two of those. Whatever fails here must be
// found by check() too; what fails nowhere here proves nothing.
#include "sim/checker/exact.hpp"

#include <cstdint>

namespace tutti::sim::checker {

struct SampleOptions {
    int validators = 1000;
    int queries_each = 100;
    std::uint64_t seed = 1;
};

struct Failure {
    Instant at;
    Fault fault;
    // The versions that met; index -1: not involved. For `unresolvable`, `ns` is the NS RRset.
    Held ds{TrackKind::ds, -1, -1, {}}, dnskey{TrackKind::dnskey, -1, -1, {}}, data{TrackKind::data, -1, -1, {}},
        ns{TrackKind::ns_parent, -1, -1, {}};
};

struct Sample {
    std::int64_t queries = 0;
    std::vector<Failure> failures; // at most 1000 are kept
    std::int64_t failed = 0;
};

Sample sample(const Trace& trace, const Rules& rules = {}, const SampleOptions& options = {});

// True if one of the findings is about the same versions and holds at that moment.
bool explained(const Failure& failure, const std::vector<Finding>& findings);

} // namespace tutti::sim::checker
