#pragma once
// A parent zone that takes dynamic updates (RFC 2136): DS, NS and glue in one message, with preconditions.
#include "parent/make.hpp"

namespace tutti::parent {

class Rfc2136 : public port::ParentDriver {
  public:
    Rfc2136(port::ParentSettings settings, Ports ports);

    const std::string& name() const override { return settings_.name; }
    model::ParentMode mode() const override { return model::ParentMode::direct; }
    bool reads_cds() const override { return settings_.reads_cds; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    bool all_there(std::span<const model::RrChange> changes);
    Error explain(const Error& error, const dns::Name& zone, std::span<const model::RrChange> changes);

    port::ParentSettings settings_;
    Ports ports_;
};

} // namespace tutti::parent
