#pragma once
// The judgement of a parent: may this child's wish be carried out? Pure: everything known is in the arguments, and the
// same arguments give the same verdict. Never throws. What is not known is never accepted.
#include "accept/evidence.hpp"
#include "accept/policy.hpp"
#include "accept/verdict.hpp"

namespace tutti::accept {

class Verifier; // accept/verifier.hpp: which signatures were verified already

Verdict judge(const Evidence& evidence, const Registry& registry, const Policy& policy, Instant now,
              Verifier& verifier);
// With a memo of its own.
Verdict judge(const Evidence& evidence, const Registry& registry, const Policy& policy, Instant now);

// Fast path: does this one answer confirm the status quo, so that nothing else needs to be asked (R8)? True for NODATA
// and for CDS or CDNSKEY that say what the DS say already, key for key. No signature is looked at: nothing is changed.
bool nothing_to_do(const dns::Name& child, const std::vector<dnssec::Ds>& ds, const Answer& cds_or_cdnskey,
                   const Policy& policy);

} // namespace tutti::accept
