#pragma once
// What the operator wants for a zone. Changing it at any time is allowed: abort and rollback are only another intent.
#include "base/time.hpp"
#include "dns/record.hpp"
#include "dnssec/keys.hpp"

#include <string>
#include <vector>

namespace tutti::model {

struct Policy {
    std::vector<std::uint8_t> digest_types{2}; // of DS and CDS: 2 SHA-256, 4 SHA-384
    Duration margin{0};                        // added to every cache lifetime: clock skew, serve-stale
    bool strict_algorithms = true;             // conjunct 4 of the rule
    bool drop_unknown_ds = false;              // let go of DS records that match no key of any signer
    // The operator vouches that no key, DS or NS changed within the largest TTL before the first look: nothing else is
    // in caches, and nothing has to be waited for on that account.
    bool trust_past = false;
    dns::Ttl past_ttl = 0;         // no TTL was larger than this, or than what is served at the first look, before it
    dns::Ttl data_ttl_max = 86400; // assumed where the zone can't be read in full (no AXFR, no API)
    dns::Ttl ds_ttl = 3600, ns_ttl = 3600;       // for records that we create where nothing served tells the TTL
    Duration patience = std::chrono::minutes(5); // after this, waiting for somebody is reported as blocked
    bool operator==(const Policy&) const = default;
};

struct Intent {
    std::vector<std::string> signers; // who should sign and serve; never empty
    std::vector<std::string> dead;    // declared by the operator: they serve nobody any more
    // The only one with a KSK: it signs the DNSKEY RRset, and the others serve that very RRset (RFC 8901 model 1).
    // Empty: each signer has its own (model 2).
    std::string ksk_holder;
    bool secure = true; // false: no DS at the parent (RFC 8078 4); the signers go on signing
    // The DS name keys of these algorithms only, as soon as every signer has one. Empty: all that the signers use.
    std::vector<std::uint8_t> algorithms;
    // Compromised keys: they leave DS, CDS and foreign DNSKEY at once, whatever caches make of it.
    std::vector<dnssec::Dnskey> distrusted;
    Policy policy;
    bool operator==(const Intent&) const = default;
};

} // namespace tutti::model
