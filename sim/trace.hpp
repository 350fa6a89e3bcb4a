#pragma once
// What the servers of a zone really served, and when: the truth of one run, simulated or real (format tutti-trace/1).
// Nothing of the planner is in here: the checker judges by this alone.
//
// Optional extensions of the format, all left out when empty:
//   keys in the content of a `data` track may be joined: "blue/2+blue/4" are RRsets signed by both keys; separate
//   entries are RRsets signed by one each; [] is an unsigned zone
//   a track "down" per signer: when none of its servers answered, by accident and not by anybody's decision
//   "events": what happened from outside, "waits": what the controller waited for, "alarms": what it warned of
#include "base/bits.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::sim {

using KeyBits = Bits<struct TraceKeyTagged>;
using SignerBits = Bits<struct TraceSignerTagged>;

struct TraceKey {
    std::string label; // "blue/1"
    int owner = -1;    // index into Trace::signers
    std::uint16_t flags = 257;
    std::uint8_t algorithm = 13;
    std::uint16_t tag = 0;
    bool operator==(const TraceKey&) const = default;
};

enum class TrackKind { ds, ns_parent, ns_child, dnskey, data, down };
std::string_view to_string(TrackKind kind);

// Some server served this in [from, until): at `until` itself none did any more.
struct TraceVersion {
    Instant from;
    Instant until = kNever;
    std::uint32_t ttl = 0;
    KeyBits keys;                    // ds, dnskey
    KeyBits signed_by;               // dnskey: which of `keys` validly sign the RRset
    SignerBits signers;              // ns-parent, ns-child
    std::vector<KeyBits> signatures; // data: each element some RRsets, signed by exactly these keys
    bool operator==(const TraceVersion&) const = default;
};

struct TraceTrack {
    TrackKind kind = TrackKind::ds;
    int signer = -1; // index; -1: at the parent
    std::vector<TraceVersion> versions;
    bool operator==(const TraceTrack&) const = default;
};

struct TraceAction {
    Instant at;
    std::string what;               // "add-dnskey"
    std::string where;              // signer; empty: the parent
    std::vector<std::string> items; // keys or signers
    std::string because;
    bool operator==(const TraceAction&) const = default;
};

struct TraceNote { // an event from outside, a wait, an alarm
    Instant from;
    Instant until = kNever;
    std::string text;
    bool operator==(const TraceNote&) const = default;
};

struct Trace {
    std::string zone = "example.";
    Instant start, end;
    std::string result;   // "done", "waiting", "blocked"
    double minimum_s = 0; // lower bound for the change; 0: not known
    std::vector<std::string> signers;
    std::vector<TraceKey> keys;
    std::vector<TraceTrack> tracks;
    std::vector<TraceAction> actions;
    std::vector<TraceNote> events, waits, alarms;
    bool operator==(const Trace&) const = default;
};

Expected<Trace> parse_trace(std::string_view json);
std::string compose(const Trace& trace);

// "12.5": seconds with as many digits as it needs.
std::string seconds_text(Instant t);

} // namespace tutti::sim
