#pragma once
// Ports: one signer, one parent. A driver knows how to write and what it alone can tell; what is served is read by DNS
// from every address, the same way for all drivers.
#include "model/change.hpp"
#include "model/decision.hpp"
#include "model/observation.hpp"
#include "port/dns.hpp"

#include <memory>
#include <span>

namespace tutti::port {

// One precondition, checked: what was looked at, whether it holds, and the remedy when it does not.
struct Check {
    std::string what; // "foreign DNSKEY records are published"
    enum class Verdict { ok, warning, failed, unknown } verdict = Verdict::unknown;
    std::string seen;   // "direct-dnskey=no"
    std::string remedy; // "set direct-dnskey=yes in pdns.conf and restart"
};

struct ProbeReport {
    std::string software; // "BIND 9.18.49", as far as it tells
    model::Capabilities can;
    std::vector<Check> checks;
    bool usable() const {
        for (const auto& c : checks)
            if (c.verdict == Check::Verdict::failed) return false;
        return true;
    }
};

// What only the signer's own interface tells (API, AXFR). Absent members: it does not tell.
struct Inside {
    std::optional<std::vector<dnssec::Dnskey>> own_keys;
    std::optional<std::vector<model::Signatures>> signatures; // the different ones in the zone
    std::optional<dns::Ttl> ttl_max;                          // largest TTL in the zone
    std::optional<std::uint32_t> serial;                      // of the zone that signatures and ttl_max were read from
    model::Capabilities can;
};

class SignerDriver {
  public:
    virtual ~SignerDriver() = default;
    virtual const std::string& name() const = 0;
    virtual std::vector<Endpoint> servers() const = 0;   // every address of every name server
    virtual std::vector<dns::Name> ns_names() const = 0; // what it contributes to the NS RRset
    // Reads only. Changes nothing.
    virtual Expected<ProbeReport> probe(const dns::Name& zone) = 0;
    virtual Expected<Inside> inspect(const dns::Name& zone) = 0;
    // All changes in one message or call where the signer can. A success is no proof: the caller reads back.
    virtual Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) = 0;
};

class ParentDriver {
  public:
    virtual ~ParentDriver() = default;
    virtual const std::string& name() const = 0;
    virtual model::ParentMode mode() const = 0;
    virtual bool reads_cds() const = 0;
    virtual std::vector<Endpoint> servers() const = 0;
    virtual Expected<ProbeReport> probe(const dns::Name& zone) = 0;
    // direct: writes DS, NS, glue. cds: sends NOTIFY(CDS)/(CSYNC) to the DSYNC target of the parent, if there is one
    // (RFC 9859); the changes say which. manual: nothing, successfully.
    virtual Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) = 0;
};

} // namespace tutti::port
