#pragma once
// What one look from outside at a zone saw, address by address, and how replies become that. Values only.
#include "model/digest.hpp"

#include <map>

namespace tutti::audit {

// One RRset with its signatures, as an address serves it.
struct SignedSet {
    std::string what;                     // "www.example. A", for people
    std::vector<std::uint8_t> algorithms; // of valid signatures by keys that the same address publishes
    std::optional<Instant> expires;       // the first valid signature to end
    Duration life{0};                     // how long that signature is valid in all
    std::string problem;                  // not empty: no signature holds
};

struct Nsec3 {
    std::uint16_t iterations = 0;
    std::string salt; // octets
    auto operator<=>(const Nsec3&) const = default;
};

// An address of a name server of the zone.
struct Server {
    std::string address;
    std::string signer;           // who runs it, if the operator said so
    std::vector<dns::Name> names; // in NS, that lead here
    bool hidden = false;          // no NS record leads here: no resolver asks it
    bool silent = false;          // no reply at all
    bool udp_fails = false, tcp_fails = false;
    model::SeenDnskeys dnskey; // its `problem`: this address says nothing of use
    model::SeenData data;
    model::SeenNs ns;
    model::SeenCds cds;
    model::SeenCsync csync;
    std::optional<dns::Soa> soa;
    std::vector<SignedSet> sets;
    bool nsec = false;
    std::vector<Nsec3> nsec3;

    bool usable() const { return dnskey.problem.empty(); }
    bool is_signed() const { return usable() && !dnskey.keys.empty(); }
};

struct ParentServer {
    std::string address;
    bool no_such_name = false; // NXDOMAIN
    model::SeenDs ds;
    model::SeenNs ns;
    std::map<dns::Name, std::vector<std::string>> glue;
};

// A name server's name, and where it leads.
struct Host {
    dns::Name name;
    std::vector<std::string> addresses;
    std::string problem; // why there are none
};

struct View {
    dns::Name zone;
    std::optional<dns::Name> parent; // its zone; unknown where its servers were given
    Instant now;
    std::vector<Host> hosts; // empty: nothing was looked up
    std::vector<Server> servers;
    std::vector<ParentServer> parents;
    std::vector<std::string> no_route; // addresses that this machine has no way to
};

struct Ask {
    dns::Question question;
    bool tcp;
};
// The questions to each server of the zone. `label`: something that no zone has, another one each time.
std::vector<Ask> questions(const dns::Name& zone, std::string_view label);
std::vector<Ask> parent_questions(const dns::Name& zone);

// From the answers to these questions, in their order.
Server digest_server(const dns::Name& zone, std::span<const model::Heard> heard);
ParentServer digest_parent(const dns::Name& zone, std::span<const model::Heard> heard);

} // namespace tutti::audit
