#pragma once
// Dynamic update (RFC 2136) of a few RRsets of one zone, as the rfc2136 drivers of signers and parents need it.
#include "model/change.hpp"
#include "port/dns.hpp"
#include "port/settings.hpp"

#include <optional>
#include <span>

namespace tutti::port {

// Reads the secret, and makes the key of it. `where` of an error names the reference, never the secret.
Expected<dnssec::TsigKey> tsig_key(Secrets& secrets, const TsigSettings& settings);

// What `server` serves of the RRsets that the changes are about, in their order. No rdata: proven that there is none.
// nullopt: it does not tell.
std::vector<std::optional<dns::RrSet>> read_sets(Dns& dns, const Endpoint& server,
                                                 std::span<const model::RrChange> changes);

// One message for all changes. `served` as read_sets() gives it: an RRset has one TTL (RFC 2181 5.2), so what is added
// to an existing one gets the TTL that is served. `restless`: types that the server changes by itself at any time; a
// precondition on them would fail again and again.
dns::Update to_update(const dns::Name& zone, std::span<const model::RrChange> changes,
                      std::span<const std::optional<dns::RrSet>> served, std::span<const dns::Type> restless);

// What of the change cannot be seen in `served`: records asked for and absent, or to be removed and still there.
struct Undone {
    std::vector<dns::Rdata> absent, present;
    bool nothing() const { return absent.empty() && present.empty(); }
};
Undone undone(const model::RrChange& asked, const dns::RrSet& served);

// "DNSKEY, CDS and CDNSKEY".
std::string types_of(std::span<const model::RrChange> changes);

} // namespace tutti::port
