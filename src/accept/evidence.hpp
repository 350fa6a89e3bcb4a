#pragma once
// What was seen of one child: every server, every address, every question, and what came back. Values only; whoever
// asks (a scanner) fills them in, judge() (accept/judge.hpp) reads them, and both are kept beside the decision.
#include "base/time.hpp"
#include "dns/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tutti::accept {

// What made somebody look (RFC 9615 section 4.3, RFC 9859).
enum class Trigger { scan, notify, new_ns, walk, manual };
// Which wish of the child is judged. One look may hold the evidence for both; they are judged one by one.
enum class Subject { ds, csync };

// What became of one question to one address.
enum class Outcome {
    not_asked,   // nobody put this question (yet)
    records,     // NOERROR, AA, an RRset of that owner and type
    nodata,      // NOERROR, AA, nothing of that type: an answer as good as any (RFC 9975)
    nxdomain,    // AA and NXDOMAIN
    timeout,     // no reply in time, also: cut off in the middle of a reply
    unreachable, // no route, connection refused
    refused,     // REFUSED
    servfail,    // SERVFAIL
    other_rcode, // any other rcode, also after a retry without EDNS
    lame,        // a reply without AA (RFC 1035): this server does not have the zone
    malformed,   // not a DNS message, or RDATA that does not fit its type
    mismatched,  // another question, ID or owner than asked
    too_big,     // over a limit on size or number
    forbidden    // the address must not be contacted: nothing was sent
};

enum class Transport { none, udp, tcp };

// One RRset of the authority section (NSEC, NSEC3), with what signs it.
struct SignedSet {
    dns::RrSet set;
    std::vector<dns::Rdata> rrsigs; // RDATA of the RRSIG records over it
    bool operator==(const SignedSet&) const = default;
};

struct Answer {
    Outcome outcome = Outcome::not_asked;
    std::optional<dns::RrSet> set;  // if and only if the outcome is `records`
    std::vector<dns::Rdata> rrsigs; // RDATA of the RRSIG records over `set`
    std::vector<SignedSet> denial;  // with `nodata` and `nxdomain`, where it is kept: what proves it
    Transport transport = Transport::none;
    Duration rtt{0};
    std::uint16_t rcode = 0;
    std::string detail; // for people: "connection refused", "expected ID ..."; may be empty
    bool operator==(const Answer&) const = default;
};

// The addresses that a child's server name (inside the child) has, according to one server of the child. For CSYNC.
struct HostSaid {
    dns::Name host;
    Answer a, aaaa;
    bool operator==(const HostSaid&) const = default;
};

// Everything that one address said, asked from one vantage point.
struct Testimony {
    dns::Name ns;        // the server's name in the delegation (an address of two names is listed twice)
    std::string address; // literal, as in parse_rdata(A) or (AAAA)
    std::uint16_t port = 53;
    std::string vantage; // empty where there is only one
    Answer cds, cdnskey, dnskey;
    Answer soa, soa_after; // before and after everything else (RFC 7477 section 3)
    Answer csync, ns_set;  // type CSYNC, type NS, at the apex
    std::vector<HostSaid> hosts;
    bool operator==(const Testimony&) const = default;
};

// How the addresses of a server's name were found.
enum class Resolution {
    resolved,   // secure or insecure, at least one address
    glue,       // from the registry only: the name lies in the child
    no_address, // the name is there and has no address, or is not there
    bogus,      // does not validate
    failed,     // no answer
    not_tried
};
struct Host {
    dns::Name name;
    Resolution resolution = Resolution::not_tried;
    std::vector<std::string> addresses; // also those that must not be contacted
    std::string detail;
    bool operator==(const Host&) const = default;
};

// What a validating resolver says of an answer.
enum class Security { secure, insecure, bogus, unknown };

// RFC 9615: the records at _dsboot.<child>._signal.<ns>, for one server name outside the child.
struct Signal {
    dns::Name ns;
    std::string vantage;
    std::optional<dns::Name> name; // none: it would be longer than 255 octets
    bool zone_cut = false;         // the name is the apex of a zone of its own
    Answer cds, cdnskey;
    Security cds_security = Security::unknown, cdnskey_security = Security::unknown;
    bool operator==(const Signal&) const = default;
};

struct Evidence {
    dns::Name child;
    Subject subject = Subject::ds;
    Trigger trigger = Trigger::scan;
    Instant started{}, ended{}; // the first question, the last answer
    int attempt = 0;            // how many looks in a row went before and ended with `retry`
    std::vector<Host> hosts;    // every name of the delegation's NS set, and every new name of a CSYNC
    std::vector<Testimony> servers;
    std::vector<Signal> signals;       // only where a bootstrap was looked at
    std::vector<Testimony> candidates; // servers that a CSYNC would bring in: SOA and DNSKEY
    std::string work_limit;            // not empty: the looking stopped at a limit, and at which
    bool operator==(const Evidence&) const = default;
};

// "192.0.2.1", "[2001:db8::1]:5353 from zrh": for reasons and logs.
std::string place(const Testimony& t);

} // namespace tutti::accept
