#pragma once
// One look at the world: what each address served, and when. Values in wire terms; learn() (plan/learn.hpp) turns them
// into versions.
#include "dnssec/keys.hpp"
#include "model/knowledge.hpp"

#include <optional>

namespace tutti::model {

struct Seen { // one address, one question; the same for all tracks
    std::string address;
    Instant asked, answered;
    std::string problem; // not empty: no usable answer (timeout, not authoritative, bogus ...)
    // Of the valid signatures in the answer: when the first of them ends, and when its last tenth begins.
    Instant expires = kNever, renew_by = kNever;
};

struct SeenDnskeys : Seen {
    std::vector<dnssec::Dnskey> keys;
    std::vector<std::size_t> signed_by; // indices of keys that validly sign the RRset
    dns::Ttl ttl = 0;
    std::string signature_problem; // e.g. "RRSIG not yet valid", when signed_by is empty
};
// The keys whose signatures stand together over one RRset, by tag and algorithm.
using Signatures = std::vector<std::pair<dnssec::KeyTag, std::uint8_t>>;

struct SeenData : Seen {
    std::vector<dnssec::Dnskey> keys;                               // that validly sign zone data at this address
    std::vector<std::pair<dnssec::KeyTag, std::uint8_t>> unmatched; // signatures by keys not in its own DNSKEY RRset
    dns::Ttl ttl_max = 0;
    bool complete = false;
    bool is_signed = true;
    std::vector<Signatures> signatures; // the different ones; empty: not known, each key may stand alone
};
struct SeenNs : Seen {
    std::vector<dns::Name> names;
    dns::Ttl ttl = 0;
};
struct SeenCds : Seen {
    std::vector<dnssec::Ds> cds;
    std::vector<dnssec::Dnskey> cdnskey;
    dns::Ttl ttl = 0;
};
struct SeenCsync : Seen {
    bool present = false, immediate_ns = false;
    dns::Ttl ttl = 0;
};
struct SeenDs : Seen {
    std::vector<dnssec::Ds> ds;
    dns::Ttl ttl = 0; // of the DS RRset, or the negative TTL when there is none
};

struct SignerReport {
    std::string name;
    std::vector<dns::Name> ns; // the names it contributes (configuration)
    Capabilities can;
    std::optional<std::vector<dnssec::Dnskey>> own_keys; // where an API tells; otherwise inferred from use
    std::vector<SeenDnskeys> dnskey;
    std::vector<SeenData> data;
    std::vector<SeenNs> ns_child;
    std::vector<SeenCds> cds;
    std::vector<SeenCsync> csync;
    std::string problem, remedy; // what the driver says is wrong with this signer as a whole
    std::string shut;            // its interface did not let us in, and said this
};

struct ParentReport {
    std::string name;
    ParentMode mode = ParentMode::direct;
    bool reads_cds = false;
    std::vector<SeenDs> ds;
    std::vector<SeenNs> ns;
    std::string problem, remedy;
};

struct Observation {
    dns::Name zone;
    ParentReport parent;
    std::vector<SignerReport> signers;
    Instant started, ended;
};

} // namespace tutti::model
