#pragma once
// A parent that reads CDS, CDNSKEY and CSYNC of its children (RFC 7344, 7477). Where it says by DSYNC whom to tell
// (RFC 9859), it is told; otherwise it comes and looks in its own time.
#include "parent/make.hpp"

namespace tutti::parent {

// A DSYNC record of the scheme NOTIFY.
struct DsyncTarget {
    dns::Type type; // CDS or CSYNC: what it wants to be told about
    std::uint16_t port = 53;
    dns::Name host;
    bool operator==(const DsyncTarget&) const = default;
};

class Cds : public port::ParentDriver {
  public:
    Cds(port::ParentSettings settings, Ports ports) : settings_(std::move(settings)), ports_(ports) {}

    const std::string& name() const override { return settings_.name; }
    model::ParentMode mode() const override { return model::ParentMode::cds; }
    bool reads_cds() const override { return true; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    // NOTIFY(CDS) for changes of DS, NOTIFY(CSYNC) for changes of NS. Success where there is no target.
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    // What the DSYNC records for the zone say; empty: the parent has none.
    Expected<std::vector<DsyncTarget>> targets(const dns::Name& zone);
    // The records of this name and type: from the parent's own servers, or else from the resolver.
    Expected<std::vector<dns::Record>> lookup(const dns::Question& question);
    Expected<std::vector<port::Endpoint>> addresses(const DsyncTarget& target);

    port::ParentSettings settings_;
    Ports ports_;
};

} // namespace tutti::parent
