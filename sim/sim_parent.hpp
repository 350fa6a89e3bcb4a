#pragma once
// A simulated parent: it does what the controller orders, or looks at the children by itself (RFC 7344, 7477, 9975).
#include "sim/scenario.hpp"
#include "sim/write.hpp"

#include <deque>
#include <span>

namespace tutti::sim {

class SimSigner;

class SimParent {
  public:
    SimParent(const ParentSpec& spec, const KeyRing& keys, Instant since, const ParentContent& first, Duration phase);

    const ParentSpec& spec() const { return spec_; }
    const Served<ParentContent>& served() const { return served_; }
    Served<ParentContent>& served() { return served_; }
    bool polls() const { return spec_.mode == ParentSpec::Mode::cds; }

    // An order of the controller: to a parent that polls, it is only a hint.
    Expected<void> apply(Instant t, const Write& write);
    void drop_ds(Instant t, KeyBits keys);
    void set_ttl(Instant t, std::optional<std::uint32_t> ds, std::optional<std::uint32_t> ns);
    void be_silent(Instant until) { silent_until_ = until; }

    // All its servers answer, and name (or do not name) these keys.
    bool shows(KeyBits keys, Instant t) const;
    bool free_of(KeyBits keys, Instant t) const;
    Duration ds_life(Instant t) const;

    Instant wake() const;
    void run(Instant t, std::span<const SimSigner> signers);
    // Nothing is on its way into its servers.
    bool quiet(Instant t) const { return queue_.empty() && served_.settled() <= t; }
    // What it will serve when everything that it decided is published.
    const ParentContent& decided() const { return decided_; }

  private:
    struct Pending {
        Instant at;
        ParentContent content;
    };
    void decide(Instant at, const ParentContent& content);
    void poll(Instant t, std::span<const SimSigner> signers);

    ParentSpec spec_;
    const KeyRing& keys_;
    Served<ParentContent> served_;
    ParentContent decided_;
    std::deque<Pending> queue_;
    Instant next_poll_ = kNever, silent_until_ = kLongAgo;
    std::vector<std::vector<int>> unanswered_; // by signer and server: polls in a row
};

} // namespace tutti::sim
