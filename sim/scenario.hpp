#pragma once
// A scenario: the signers, the parent, the network, what the operator wants, and what happens when (format
// tutti-scenario/1). All times are seconds from the moment the controller, settled on `initial`, gets its first event.
//
// {"format": "tutti-scenario/1", "zone": "example.", "seed": 1, "until": 4000,
//  "parent": {...}, "signers": {"blue": {...}}, "initial": ["blue"], "intent": ["green"], "events": [{...}]}
// What is not given has the value that stands beside its field below. Unknown fields and events are errors.
#include "base/error.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::sim {

struct ParentSpec {
    std::uint32_t ds_ttl = 3600, ns_ttl = 3600; // "ttl": {"ds": ..., "ns": ...}
    enum class Mode { direct, cds, manual } mode = Mode::direct;
    Duration poll_interval{seconds(5)}; // cds: how often it looks at the children
    Duration publish_delay{seconds(1)}; // from its decision, or our order, until its primary serves it
    std::vector<Duration> server_lag{Duration{0}};
    bool consistency = true; // cds: RFC 9975, any difference between servers: no action. false: the first that answers
    int gives_up_after = 3;  // cds: polls after which a server that does not answer is left out
    bool notify = false;     // cds: looks at once when the controller says so (RFC 9859)
    bool csync = true;       // cds: acts on CSYNC; false: it takes DS only
    bool operator==(const ParentSpec&) const = default;
};

struct SignerSpec {
    std::string name;
    std::uint32_t dnskey_ttl = 3600, ns_ttl = 3600, data_max = 3600; // "ttl": {"dnskey", "ns", "data_max"}
    bool csk = false;                                                // "keys": "ksk+zsk" or "csk"
    std::uint8_t algorithm = 13;
    Duration write_delay{seconds(0.1)}; // from our order until its primary serves it
    std::vector<Duration> server_lag{Duration{0}};
    std::vector<std::string> ns;        // names that it contributes; [] means one, made from its name
    bool own_cds = false;               // publishes CDS and CDNSKEY for its own keys, unasked
    Duration own_cds_delay{seconds(5)}; // how long after a change of keys, or after somebody took its CDS away
    enum class Sep { yes, refused, ignored } foreign_sep = Sep::yes; // what it does with foreign keys that have SEP
    std::uint32_t ttl_floor = 0;                                     // records written by others get at least this TTL
    Duration throttle{0};       // least time between two writes; sooner: refused for now
    bool api = false;           // tells which keys are its own
    bool transfer = true;       // the zone can be read in full
    bool signed_dnskey = false; // its interface takes a DNSKEY RRset that another has signed, and tells its own keys
    Duration resign{0};         // how long it takes to sign the zone with another key
    int hidden = -1;            // a server that resolvers reach, but never the controller; -1: none
    bool operator==(const SignerSpec&) const = default;
};

struct NetworkSpec {
    Duration least{seconds(0.005)}, most{seconds(0.03)}; // "delay": [least, most], there and back
    double loss = 0;      // share of questions, orders and replies that get lost, after all retries
    double duplicate = 0; // share of orders that arrive a second time, up to a few seconds later
    bool operator==(const NetworkSpec&) const = default;
};

struct PolicySpec {
    Duration margin{0};
    bool strict_algorithms = true;
    Duration patience{seconds(300)};
    std::uint32_t data_ttl_max = 86400;
    // The controller has known the zone since long before 0. false: at 0 it sees it for the first time.
    bool trust_past = true;
    bool operator==(const PolicySpec&) const = default;
};

struct EventSpec {
    enum class What {
        intent,             // members, dead, secure, algorithms, distrust, ksk_holder ("": nobody)
        zsk_rollover,       // signer, use_after, retire_after
        ksk_rollover,       // signer (a CSK too: then use_after, retire_after); algorithm: of the new key, by mistake
        algorithm_rollover, // signer, algorithm
        new_keys,           // signer: it lost its state and came back with other keys
        signer_down,        // signer, for
        parent_down,        // for
        server_lag,         // signer or "parent": true, server, lag, for
        write_fault,        // signer or "parent": true, mode, for
        ttl,                // signer or "parent": true, and the TTLs to change
        parent_silent,      // for: it acts on nothing
        parent_drops_ds,    // signer: it takes away the DS of that signer by itself
        crash,        // after: until the restart; calls: the how-manyth call of a port from then on is the last one;
                      // half: "before" it, or "after" its effect; absent: either
        store_loss,   // the database is gone; the operator adds the zone again with the present intent
        clock_jump,   // by: seconds, forward or back
        declare_dead, // signer
        sign,
        unsign // signer: it starts to sign the zone, or stops
    } what = What::intent;
    Duration at{0};
    int signer = -1; // index; -1: the parent, or nobody
    bool parent = false;
    std::vector<int> members, dead;
    std::optional<bool> secure;           // whether a DS is wanted; absent: as before
    std::vector<std::uint8_t> algorithms; // of the DS; empty: as before
    std::optional<int> ksk_holder;        // index, or -1; absent: as before
    std::vector<std::string> distrust;    // labels of keys ("blue/1") that are compromised
    // Absent: long enough for every cache, by the TTLs of all signers.
    std::optional<Duration> use_after, retire_after;
    std::optional<std::uint8_t> algorithm; // absent: as before
    std::optional<Duration> lasts;         // "for"; absent: for ever
    int server = 0;
    Duration lag{0};
    enum class Fault { lost_reply, ignored, error } fault = Fault::error;
    std::optional<std::uint32_t> ttl_a, ttl_ns, ttl_data; // ttl_a: DS at the parent, DNSKEY at a signer
    Duration after{seconds(1)};
    int calls = 1;
    enum class Half { either, before, after } half = Half::either;
    Duration by{0};
    bool operator==(const EventSpec&) const = default;
};

struct Scenario {
    std::string zone = "example.";
    std::uint64_t seed = 1;
    Duration until{seconds(100000)};
    ParentSpec parent;
    std::vector<SignerSpec> signers;
    std::vector<int> initial, intent; // intent: wanted at 0; absent: as initial
    int ksk_holder =
        -1;             // who alone has a KSK, at the beginning and as wanted at 0 (RFC 8901 model 1); -1: each its own
    bool secure = true; // false: no DS at the beginning, and none wanted
    // Those of `initial` have none of each other's keys; no DS at the beginning, but one is wanted.
    bool strangers = false;
    std::string expect = "done"; // for tests: how it ends ("done", "blocked", "waiting"), or "unsafe" in between
    int controllers = 1;         // that share one store
    PolicySpec policy;
    NetworkSpec network;
    std::vector<EventSpec> events; // by time
    // Nothing goes wrong and nothing unexpected happens: only caches and the distance make it wait.
    bool calm() const {
        for (const auto& s : signers)
            if (s.throttle > Duration{0}) return false;
        return events.empty() && network.loss == 0 && policy.trust_past && parent.consistency && !strangers;
    }
    bool begins_secure() const { return secure && !strangers; }
    bool operator==(const Scenario&) const = default;
};

Expected<Scenario> parse_scenario(std::string_view json);
std::string compose(const Scenario& scenario);
// "zsk-rollover"
std::string_view to_string(EventSpec::What what);
// What happened, in a few words: "zsk-rollover of blue".
std::string event_text(const Scenario& scenario, const EventSpec& event);

} // namespace tutti::sim
