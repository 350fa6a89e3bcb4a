#pragma once
// What was decided for one child, why, and what to do.
#include "accept/registry.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::accept {

enum class Decision {
    accept,    // make `change`
    no_change, // the delegation is as the child wants it, or the child wants nothing
    reject,    // nothing is changed, and looking again will not help before somebody changes something
    retry,     // nothing is changed; look again at `look_again`
    hold       // a person, another channel, or time has to come first
};
// What it was about.
enum class Kind { none, update, bootstrap, remove, csync };

// The exact difference to the delegation.
struct Change {
    std::vector<dnssec::Ds> ds_add, ds_remove;
    std::vector<dns::Name> ns_add, ns_remove;
    std::vector<Glue> glue_add, glue_remove;
    std::optional<dns::Ttl> ds_ttl;     // for the new DS RRset (RFC 10026)
    std::optional<Instant> ttl_restore; // when the old TTL may come back
    bool empty() const {
        return ds_add.empty() && ds_remove.empty() && ns_add.empty() && ns_remove.empty() && glue_add.empty() &&
               glue_remove.empty();
    }
    bool operator==(const Change&) const = default;
};

struct Reason {
    enum class Weight { decisive, warning, note };
    Weight weight = Weight::decisive;
    std::string code;                 // stable: "signer-not-in-ds"
    std::string requirement;          // "R22": see doc/parent-agent.md
    std::vector<std::string> servers; // which servers' answers it rests on (place()); empty: no server
    std::string text;                 // a sentence for whoever runs the child
    bool operator==(const Reason&) const = default;
};

// What one server had to do with it, for the log (RFC 10026).
struct ServerRecord {
    std::string server;    // place()
    std::string transport; // "tcp", "udp", "none"
    Duration rtt{0};
    std::uint16_t rcode = 0;
    std::string hash;                    // of the RRsets that are the wish; empty: there is none
    std::optional<Instant> inception;    // the newest among the signatures over them, not verified
    std::optional<std::uint32_t> serial; // of its SOA
    std::string says;                    // in words
    bool operator==(const ServerRecord&) const = default;
};

struct Verdict {
    Decision decision = Decision::reject;
    Kind kind = Kind::none;
    Change change;
    std::optional<Instant> look_again;
    std::vector<Reason> reasons;      // the decisive ones first; never empty
    std::optional<Instant> inception; // accept: the oldest RRSIG inception it rests on, to be kept (replay)
    std::vector<KeyAge> by_key;       // the same, key by key
    std::optional<CsyncDone> csync;   // accept, CSYNC: to be kept
    std::optional<Delay> delay;       // to be kept in place of the registry's; none: forget it
    std::vector<ServerRecord> servers;
    bool tell_people = false;         // a first DS, or their removal: registrant and registrar want to know (R67)
    std::uint32_t verifications = 0;  // signatures really computed
    std::optional<std::uint16_t> ede; // for an error report (RFC 9567, RFC 8914); none: nothing to report
    std::string report;               // for people, a few lines; empty: nothing to report
    bool operator==(const Verdict&) const = default;
};

const char* to_string(Decision decision);
const char* to_string(Kind kind);

} // namespace tutti::accept
