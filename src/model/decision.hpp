#pragma once
// What the planner says: do these now, or wait until then because of that, or somebody must act, or done.
#include "model/knowledge.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::model {

// One change at one place. Semantic, not records: compile() (plan/records.hpp) turns it into RRset changes.
struct Action {
    enum class Kind { dnskey, cds, ns_child, csync, ds, ns_parent } kind;
    int signer = kNobody;         // where; kNobody = the parent
    KeySet add_keys, remove_keys; // dnskey, cds, ds
    // dnskey: the RRset of this signer is to be served as it is, with its signatures; kNobody: it is signed where it
    // is.
    int copy_of = kNobody;
    NameSet add_names, remove_names; // ns_child, ns_parent
    bool csync_on = false;           // csync
    bool asks_delete = false;        // cds: the parent is asked to remove the DS RRset (RFC 8078 4)
    std::string because;             // one sentence for people

    bool operator==(const Action&) const = default;
};
const char* to_string(Action::Kind kind);

// One version of an RRset at one place, by what cannot change about it.
struct VersionName {
    std::string track;                // dnskey, data, ds, cds
    std::string at;                   // a signer's name, or "parent"
    std::vector<std::string> content; // keys, by their labels
    Instant from = kLongAgo;
    bool operator==(const VersionName&) const = default;
};

// A fact that a decision rests on, or a reason to wait.
struct Reason {
    enum class Kind {
        cached,     // a version that caches may still hold
        unseen,     // a change that is not yet served at some address
        silent,     // an address that does not answer
        broken,     // something is unsafe already
        capability, // somebody cannot do what is needed
        human,      // somebody must act by hand
        parent      // the parent has not acted yet
    } kind;
    std::string text;                    // whole sentence: which version, which TTL, seen on which server when
    std::string who;                     // who must act, or where it binds: signer, parent, address
    std::string blocks;                  // what it holds back: "remove DNSKEY blue/4711 at green"
    std::string remedy;                  // empty when waiting is all there is to do
    Instant until = kNever;              // when it ends by itself; kNever if unknown
    std::optional<VersionName> awaits{}; // the version that must be gone first
    bool operator==(const Reason&) const = default;
};
const char* to_string(Reason::Kind kind);

// A condition that somebody should hear of. It is the same one as long as `code`, `who` and `what` are the same.
struct Alarm : Reason {
    std::string code{};    // stable, for programs: "key-unexpected" (doc/metrics.md has all)
    std::string what{};    // which one, where there may be several: a key, an address
    Instant since{kNever}; // when it was first seen
    bool told = true;      // false: it has not lasted long enough to be worth telling
    bool operator==(const Alarm&) const = default;
    bool same(const Alarm& o) const { return code == o.code && who == o.who && what == o.what; }
};

struct Decision {
    enum class State { act, wait, blocked, done } state = State::done;
    std::vector<Action> actions; // act: independent ones together
    std::vector<Reason> because; // most binding first
    std::vector<Alarm> alarms;   // what is unsafe or odd right now, whatever the state
    Instant until = kNever;      // wait: when something becomes safe by itself
    std::vector<Alarm> told() const {
        std::vector<Alarm> out;
        for (const auto& a : alarms)
            if (a.told) out.push_back(a);
        return out;
    }
    bool operator==(const Decision&) const = default;
};
const char* to_string(Decision::State state);

} // namespace tutti::model
