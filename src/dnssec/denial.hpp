#pragma once
// Proof that a name has no record of a type (RFC 4035 section 5.4, RFC 5155 section 8.5), by a record at that very
// name.
#include "dns/record.hpp"

namespace tutti::dnssec {

enum class Denial {
    proved,
    not_proved,
    too_costly // NSEC3 with more iterations than allowed: nothing was computed
};

// `proof`: an NSEC or NSEC3 RRset of `zone`, whose signature is the caller's business.
Denial denies_type(const dns::Name& zone, const dns::RrSet& proof, const dns::Name& name, dns::Type type,
                   unsigned max_iterations);

} // namespace tutti::dnssec
