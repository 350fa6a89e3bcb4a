#pragma once
// From DNS replies to what an observation holds. Pure: the clock is in the replies. Fails closed: whatever is not a
// clear, authoritative answer to the question becomes a `problem`, and with a problem nothing is known.
#include "dns/message.hpp"
#include "model/observation.hpp"

#include <span>

namespace tutti::model {

// What one address said to one question, or why it said nothing.
struct Heard {
    std::string address; // "192.0.2.1", as shown to people
    dns::Question question;
    Instant asked, answered;
    Expected<dns::Message> message;
};

// At an address of a signer: `heard` answers the question for that type at the apex.
SeenDnskeys digest_dnskey(const dns::Name& zone, const Heard& heard);
SeenNs digest_ns(const dns::Name& zone, const Heard& heard);
SeenCds digest_cds(const dns::Name& zone, const Heard& cds, const Heard& cdnskey);
SeenCsync digest_csync(const dns::Name& zone, const Heard& heard);
// Which keys sign the zone data: every signature in `samples` is verified with the keys of the same address. The
// samples are answers to any questions about the zone (SOA, NS, CDS, a name or a type that does not exist ...).
SeenData digest_data(const dns::Name& zone, std::span<const Heard* const> samples, const SeenDnskeys& dnskey);

// At an address of the parent. DS: an authoritative answer. NS: the delegation, from a referral (the parent is not
// authoritative for it), or an authoritative answer where the server holds the zone, too.
SeenDs digest_ds(const dns::Name& zone, const Heard& heard);
SeenNs digest_delegation(const dns::Name& zone, const Heard& heard);

// The SOA serial in the answer to a SOA question; nothing if there is no usable answer.
std::optional<std::uint32_t> serial_of(const dns::Name& zone, const Heard& heard);

} // namespace tutti::model
