#pragma once
// A signer behind the HTTP API of the PowerDNS Authoritative Server. It signs while it answers, with keys that are not
// in its zone data; foreign keys are zone data, and are published only with direct-dnskey=yes.
#include "signer/powerdns_api.hpp"

namespace tutti::signer {

class Powerdns : public port::SignerDriver {
  public:
    Powerdns(port::SignerSettings settings, Ports ports)
        : settings_(std::move(settings)), ports_(ports), api_(settings_, ports) {}

    const std::string& name() const override { return settings_.name; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    std::vector<dns::Name> ns_names() const override { return settings_.ns; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    Expected<port::Inside> inspect(const dns::Name& zone) override;
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    struct Found; // what the API tells of a zone
    Expected<Found> find(const dns::Name& zone);
    Expected<model::Capabilities> can(const dns::Name& zone, std::optional<dns::Ttl> dnskey_ttl);
    Expected<PowerdnsApi::Rrset> merge(const dns::Name& zone, const model::RrChange& change, std::string& kind);
    std::vector<port::Check> check_zone(const PowerdnsApi::Zone& zone) const;
    port::Check check_foreign(const model::Capability& capability) const;

    port::SignerSettings settings_;
    Ports ports_;
    PowerdnsApi api_;
};

} // namespace tutti::signer
