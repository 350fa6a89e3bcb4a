#pragma once
// A registry that is changed by EPP, as its registrar does. A command that changes something is sent once; whatever
// became of it is seen by looking, and what is still missing is sent anew.
#include "epp/client.hpp"
#include "parent/epp_plan.hpp"
#include "parent/make.hpp"

#include <atomic>
#include <map>

namespace tutti::parent {

class EppRegistry : public port::RegistryBackend {
  public:
    // `limits`: from the settings, unless a test has others. Connects to nobody yet.
    EppRegistry(port::ParentSettings settings, Ports ports, std::optional<epp::ClientLimits> limits = {});

    const std::string& name() const override { return settings_.name; }
    Expected<accept::Registry> read(const dns::Name& child) override;
    Expected<port::Submission> apply(const port::RegistryChange& change) override;
    Expected<std::string> dry_run(const port::RegistryChange& change) override;
    Expected<void> messages(const std::function<bool(const port::Notice&)>& keep) override;

  private:
    // What is known after a command was sent.
    struct Outcome {
        std::optional<port::Submission> end;
        std::optional<Error> error; // unless the next look shows that all is done
        bool again = false;         // worth another round
    };

    Expected<std::unique_ptr<epp::Session>> open();
    Expected<EppLook> look(const dns::Name& child, std::span<const dns::Name> hosts,
                           std::span<const dnssec::Ds> mentioned);
    Expected<std::vector<epp::HostInfo>> look_at_hosts(const epp::DomainInfo& domain, std::span<const dns::Name> hosts);
    Expected<std::optional<epp::HostInfo>> look_at_host(const dns::Name& host);
    Expected<EppTraits> traits();
    Expected<port::RegistryChange> with_keys(port::RegistryChange change);
    Outcome send(const EppSteps& steps, const dns::Name& child);
    Outcome judge(const Expected<epp::Response>& reply, const dns::Name& child);
    Outcome answer(const epp::Response& response, const dns::Name& child);
    std::optional<port::Submission> obstacle(const EppLook& look);
    Error explain(const epp::Response& response, const dns::Name& child, const std::string& doing) const;
    void log_frame(bool sent, std::string_view xml);

    port::ParentSettings settings_;
    const port::EppSettings& epp_ = *settings_.epp;
    Ports ports_;
    epp::ClientLimits limits_;
    std::atomic<bool> no_options_ = false, no_ttl_ = false; // the registry said that it does not have them
    std::mutex mutex_;
    std::map<dns::Name, std::string> pending_; // the transaction that the registry has not decided yet
    epp::Client client_;                       // last: it calls the members above
};

} // namespace tutti::parent
