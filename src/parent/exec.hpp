#pragma once
// A registry that a command of the operator changes: it gets one JSON object on its standard input and writes one to
// its standard output (doc/registry.md has the members). For a registry's own API, or its data base.
#include "parent/make.hpp"

namespace tutti::parent {

class ExecRegistry : public port::RegistryBackend {
  public:
    ExecRegistry(port::ParentSettings settings, Duration limit) : settings_(std::move(settings)), limit_(limit) {}

    const std::string& name() const override { return settings_.name; }
    Expected<accept::Registry> read(const dns::Name& child) override;
    Expected<port::Submission> apply(const port::RegistryChange& change) override;
    Expected<std::string> dry_run(const port::RegistryChange& change) override;
    Expected<void> messages(const std::function<bool(const port::Notice&)>&) override { return {}; }

  private:
    Expected<std::string> ask(const std::string& request);

    port::ParentSettings settings_;
    Duration limit_;
};

} // namespace tutti::parent
