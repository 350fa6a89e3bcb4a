#pragma once
// A signer that takes dynamic updates (RFC 2136) with TSIG: BIND, Knot, PowerDNS and others, each with its quirks.
#include "signer/make.hpp"
#include "signer/quirks.hpp"

#include <map>
#include <mutex>

namespace tutti::signer {

class Rfc2136 : public port::SignerDriver {
  public:
    Rfc2136(port::SignerSettings settings, Ports ports);

    const std::string& name() const override { return settings_.name; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    std::vector<dns::Name> ns_names() const override { return settings_.ns; }
    Expected<port::ProbeReport> probe(const dns::Name& zone) override;
    Expected<port::Inside> inspect(const dns::Name& zone) override;
    Expected<void> apply(const dns::Name& zone, std::span<const model::RrChange> changes) override;

  private:
    // Changes that were reported as done and are not to be seen: the server cannot do this. Remembered for a while, as
    // the operator may mend it.
    struct Silence {
        std::string why;
        Instant until;
    };

    const Quirks& quirks(const dns::Name& zone);
    Software detect(const dns::Name& zone, std::string& version);
    model::Capabilities can(const dns::Name& zone, const Quirks& quirks);
    void remember(const dns::Name& zone, const model::RrChange& asked, const Unseen& unseen);
    void remember_success(const dns::Name& zone, std::span<const model::RrChange> changes);

    Expected<void> read_back(const dns::Name& zone, std::span<const model::RrChange> changes, const Quirks& quirks);
    Expected<void> failed_update(const Error& error, const dns::Name& zone, std::span<const model::RrChange> changes,
                                 std::span<const std::optional<dns::RrSet>> before, const Quirks& quirks);
    Error explain(const Error& error, const dns::Name& zone, std::span<const model::RrChange> changes,
                  const Quirks& quirks);

    std::string software_text(const Quirks& quirks);
    std::vector<port::Check> check_updates(const dns::Name& zone, const dnssec::TsigKey& key, const Quirks& quirks);
    port::Check check_transfer(const dns::Name& zone);
    Expected<port::Inside> transfer(const dns::Name& zone, const dnssec::TsigKey& key);

    port::SignerSettings settings_;
    Ports ports_;
    std::mutex mutex_; // of what follows
    Software software_ = Software::unknown;
    std::string version_; // as the server tells it
    std::map<std::pair<dns::Name, dns::Type>, Silence> silences_;
};

} // namespace tutti::signer
