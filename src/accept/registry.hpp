#pragma once
// The delegation as the registry holds it, and what is remembered of earlier decisions. Whoever keeps the registry
// fills it in anew for every judgement.
#include "base/time.hpp"
#include "dnssec/keys.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::accept {

struct Glue {
    dns::Name host;
    std::vector<std::string> addresses;
    bool operator==(const Glue&) const = default;
};

enum class Channel { in_band, epp, web, unknown };

// The oldest RRSIG inception among what one key has signed. Signers date back differently (BIND by one hour, Knot by
// one and a half): only what the same key signed can be told older or newer.
struct KeyAge {
    dnssec::KeyTag tag = 0;
    std::uint8_t algorithm = 0;
    Instant inception{};
    bool operator==(const KeyAge&) const = default;
};

// The last change of this delegation's DS (or of its CSYNC data).
struct Applied {
    Instant at{}; // when the registry had it
    Channel channel = Channel::unknown;
    std::optional<Instant> inception; // in band: the oldest RRSIG inception that it rested on
    std::vector<KeyAge> by_key{};     // the same, key by key
    bool operator==(const Applied&) const = default;
};

// The last CSYNC that was acted on (RFC 7477 section 3.2.1).
struct CsyncDone {
    std::uint32_t serial = 0; // of its SOA field
    std::string hash;         // of its RDATA
    Instant inception{};      // the oldest RRSIG inception of the answers
    std::vector<KeyAge> by_key{};
    bool operator==(const CsyncDone&) const = default;
};

// RFC 8078 section 3.3: how long an unchanged, consistent CDS set of an insecure child has been watched.
struct Delay {
    std::string set; // names the key set
    Instant first{}; // first look that saw it
    Instant last{};  // last look that counted
    int runs = 0;    // looks that counted, at most one in each interval of the policy
    bool operator==(const Delay&) const = default;
};

// Does the registrar offer a way to switch DNSSEC off? `unknown` does not forbid (RFC 10026 forbids where known).
enum class OffersDisable { unknown, yes, no };

struct Registry {
    std::vector<dns::Name> ns;
    std::vector<Glue> glue;
    std::vector<dnssec::Ds> ds;
    dns::Ttl ds_ttl = 3600;
    bool suspended = false;            // DS were removed out of band: nothing in band until there is one again
    std::vector<std::string> statuses; // EPP: "clientUpdateProhibited", "serverUpdateProhibited" ...
    std::optional<Applied> last_change;
    std::optional<CsyncDone> last_csync;
    std::optional<Delay> delay;
    OffersDisable registrar_offers_disable = OffersDisable::unknown;
    bool operator==(const Registry&) const = default;
};

} // namespace tutti::accept
