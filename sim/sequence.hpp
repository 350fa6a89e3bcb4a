#pragma once
// A fixed sequence of steps, as drafts and other programs have them (format tutti-sequence/1): who writes what where,
// how long it waits, what it waits to see. Its player stands in the place of planner and engine.
//
// {"format": "tutti-sequence/1", "name": "...", "source": "...", "scenario": "scenarios/leave.json", "look_every": 1,
//  "define": {"DS-Wait-Time": "ds"},
//  "steps": [{"step": "5", "text": "...", "do": "add-dnskey", "keys": "zsk", "of": "group", "at": "group"},
//            {"step": "6", "text": "...", "until": "parent-ds"},
//            {"step": "7", "text": "...", "wait": "max(DS-Wait-Time, dnskey + secondaries)"}]}
//
// Places are roles: "group" (all of them), "joining", "leaving", "remaining" (in the end), "rolling" (those with a
// rollover among the events of the scenario) and "others". Keys are "zsk" (no SEP flag), "csk" (SEP, and signs data),
// "ksk" (SEP, and does not), "sep", "data" (whatever signs data) and "all"; "old" or "new" before it means those from
// before the sequence or those that it made; "current" the new ones where there are any, else the old ones.
#include "base/error.hpp"
#include "base/time.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::sim {

struct Step {
    enum class What {
        make_keys,      // keys, at: new keys, into its own DNSKEY RRset
        add_dnskey,     // keys, of, at
        remove_dnskey,  // keys, of, at
        sign_dnskey,    // keys, at: its own DNSKEY RRset is signed with exactly these of its own keys
        sign_data,      // keys, at: the same for the data
        retire_keys,    // keys, at: these of its own keys go, with all their signatures; the new ones have signed
        publish_cds,    // keys, of, at: CDS and CDNSKEY are exactly these
        remove_cds,     // at
        set_ns,         // of, at
        remove_ns,      // of, at
        publish_csync,  // at
        remove_csync,   // at
        stop_answering, // at
        wait,           // "wait": a sum of TTLs and seconds; "since": the step from whose end it counts
        until           // "until": what is waited for
    } what = What::wait;
    enum class Sight {
        parent_ds, // every server of the parent has the DS that the CDS asks for
        parent_ns, // every server of the parent has the NS of those that remain
        served     // every server of every signer has what was written
    } sight = Sight::served;
    std::string name; // as its source counts: "5"
    std::string text;
    std::string keys, of, at, wait, since;
};

struct Sequence {
    std::string name, source;
    std::string scenario; // a file, beside its own
    Duration look_every{seconds(1)};
    std::map<std::string, std::string> define; // names for waits; not by other such names
    std::vector<Step> steps;
};

Expected<Sequence> parse_sequence(std::string_view json);

// The value of a wait. `known` gives the value of a name, or nothing.
Expected<Duration> evaluate(std::string_view expression,
                            const std::function<std::optional<Duration>(const std::string&)>& known);

inline constexpr std::array<std::string_view, 6> kRoles{"group",     "joining", "leaving",
                                                        "remaining", "rolling", "others"};
inline constexpr std::array<std::string_view, 3> kAges{"old", "new", "current"};
inline constexpr std::array<std::string_view, 6> kKeyWords{"zsk", "csk", "ksk", "sep", "data", "all"};
// The TTLs are the largest that a cache may still count by, of the whole group or of those with a role. secondaries:
// the most that a server trails.
inline constexpr std::array<std::string_view, 9> kQuantities{
    "ds", "dnskey", "data", "ns-signers", "ns-parent", "secondaries", "dnskey-leaving", "data-leaving", "data-rolling"};

} // namespace tutti::sim
