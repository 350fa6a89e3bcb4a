#pragma once
// What caches can hold, computed from what servers served.
#include "sim/checker/intervals.hpp"
#include "sim/trace.hpp"

namespace tutti::sim::checker {

// One version of one track.
struct Entry {
    TrackKind kind;
    int signer; // -1: at the parent
    int index;  // in TraceTrack::versions
    const TraceVersion* version;
    Moments fetched; // when some resolver may have asked for it
    Moments alive;   // when some cache may hold it
};

struct Caches {
    std::vector<Moments> reach;                      // by signer: when some resolver may ask it
    std::vector<Moments> serving;                    // by signer: when it serves the zone, or is down by accident
    std::vector<bool> known;                         // by signer: the trace tells what data it serves
    std::vector<Entry> ds, delegation, dnskey, data; // delegation: NS sets of the parent and of signers
};

Caches look(const Trace& trace);

} // namespace tutti::sim::checker
