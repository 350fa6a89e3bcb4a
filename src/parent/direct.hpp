#pragma once
// A registry back end as the controller's parent: a registrar or registrant who pushes DS and NS himself. What becomes
// of it is read, as always, from the parent's name servers: a registry that publishes later is only slower.
#include "parent/make.hpp"

namespace tutti::parent {

class Direct : public port::ParentDriver {
  public:
    Direct(port::ParentSettings settings, Ports ports, std::shared_ptr<port::RegistryBackend> registry)
        : settings_(std::move(settings)), ports_(ports), registry_(std::move(registry)) {}

    const std::string& name() const override { return settings_.name; }
    model::ParentMode mode() const override { return model::ParentMode::direct; }
    bool reads_cds() const override { return settings_.reads_cds; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    // Success: the registry has it, or is deciding on it. `refused`: a lock; nothing was changed.
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    port::ParentSettings settings_;
    Ports ports_;
    std::shared_ptr<port::RegistryBackend> registry_;
};

} // namespace tutti::parent
