#pragma once
// A parent zone as the registry's own data base: read by DNS, changed by one dynamic update (RFC 2136) whose
// prerequisites are the RRsets that the decision was made on; or written to files, for people to send.
#include "parent/delegation.hpp"
#include "parent/make.hpp"

#include <filesystem>

namespace tutti::parent {

class UpdateRegistry : public port::RegistryBackend {
  public:
    UpdateRegistry(port::ParentSettings settings, Ports ports) : settings_(std::move(settings)), ports_(ports) {}

    const std::string& name() const override { return settings_.name; }
    // From the primary.
    Expected<accept::Registry> read(const dns::Name& child) override;
    Expected<port::Submission> apply(const port::RegistryChange& change) override;
    // A script for nsupdate(1).
    Expected<std::string> dry_run(const port::RegistryChange& change) override;
    Expected<void> messages(const std::function<bool(const port::Notice&)>&) override { return {}; }

  protected:
    Expected<accept::Registry> read_with(const dns::Name& child, std::span<const dns::Name> hosts);
    dns::Update update_for(const port::RegistryChange& change, const accept::Registry& now) const;

    port::ParentSettings settings_;
    Ports ports_;
};

// Writes <directory>/<child>.nsupdate (a script) and <child>.zone (the records as they will be) and sends nothing.
class FileRegistry : public UpdateRegistry {
  public:
    using UpdateRegistry::UpdateRegistry;
    // Always `pending`, until the parent's servers show the change: then `already`, and the files are removed.
    Expected<port::Submission> apply(const port::RegistryChange& change) override;

  private:
    std::filesystem::path file(const dns::Name& child, const char* ending) const;
};

} // namespace tutti::parent
