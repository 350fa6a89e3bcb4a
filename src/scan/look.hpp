#pragma once
// A full look at one child under way: every question that was put, to whom, and what came back.
#include "scan/evidence_reader.hpp"
#include "scan/host_book.hpp"
#include "scan/scanner.hpp"

namespace tutti::scan {

// One address, asked from one vantage point.
struct Target {
    ServerId server = 0;
    std::uint8_t source = 0;
    bool operator==(const Target&) const = default;
};

enum class Ask : std::uint8_t { cds, cdnskey, dnskey, soa, csync, ns_set, host_a, host_aaaa, soa_after };
dns::Type type_of(Ask what);

struct Asked {
    std::uint16_t target = 0;
    Ask what = Ask::cds;
    std::uint16_t host = 0; // host_a and host_aaaa: which of new_hosts
    RawReply reply;
};

// A server name, and where it is asked. Addresses are kept as text: the table of servers belongs to the asking thread.
struct LookHost {
    accept::Host host;
    std::vector<ServerId> servers;
    bool candidate = false; // a CSYNC would bring it in
};

struct Look {
    Job job;
    dns::Name child;
    accept::Registry registry;
    Instant started{}, ended{};
    std::vector<LookHost> hosts;
    std::vector<Target> targets;
    std::vector<Asked> asked;
    std::vector<accept::Signal> signals;
    bool csync = false;               // the CSYNC subject is looked at, too
    std::vector<dns::Name> new_hosts; // in the child, of the NS set that it publishes
    std::string work_limit;

    // Null if it was not asked.
    const Asked* find(std::size_t target, Ask what, std::size_t host = 0) const;
    // An answer came to the first question: worth asking more.
    bool answers(std::size_t target) const;
    // Does any server publish CDS or CDNSKEY?
    bool publishes() const;
};

struct Place {
    std::uint16_t port = 53;
    std::vector<std::string> vantages; // names of the sources; one alone has none
};
accept::Evidence evidence_of(const Look& look, accept::Subject subject, const accept::Policy& policy,
                             const Place& place);

// The NS set that the child itself publishes: names in the child, and names that are not in the delegation.
struct ChildNs {
    std::vector<dns::Name> in_child, unknown;
};
ChildNs child_ns(const Look& look, const accept::Policy& policy);

// RFC 9615: what stands at _dsboot.<child>._signal.<ns> for each server name outside of the child.
std::vector<accept::Signal> look_for_signals(port::Resolver& resolver, const dns::Name& child,
                                             const std::vector<dns::Name>& ns);

} // namespace tutti::scan
