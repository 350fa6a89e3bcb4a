#pragma once
// A parent that only people can change (a registrar's web page): nothing is sent, its servers are watched.
#include "parent/make.hpp"

namespace tutti::parent {

class Manual : public port::ParentDriver {
  public:
    Manual(port::ParentSettings settings, Ports ports) : settings_(std::move(settings)), ports_(ports) {}

    const std::string& name() const override { return settings_.name; }
    model::ParentMode mode() const override { return model::ParentMode::manual; }
    bool reads_cds() const override { return settings_.reads_cds; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    port::ParentSettings settings_;
    Ports ports_;
};

} // namespace tutti::parent
