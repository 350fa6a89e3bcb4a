#pragma once
// A parent's agent: reads its delegations, scans its children for ever, carries into the registry what was accepted.
#include "agent/desk.hpp"
#include "agent/pace.hpp"
#include "agent/submitter.hpp"
#include "port/dns.hpp"

namespace tutti::agent {

class Agent {
  public:
    struct Ports {
        Source& source;
        port::RegistryBackend& registry;
        port::Resolver* resolver; // may be null: then only the addresses in the delegations
        AgentStore& store;
        port::Clock& clock;
        Say say;
        Tell tell;
    };
    // Settles what the last process left open. Asks nobody yet.
    static Expected<std::unique_ptr<Agent>> make(Ports ports, Settings settings);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    // Until stop(), or with `once` until every child had its turn and nothing is under way.
    Expected<void> run();
    // From any thread.
    void stop();
    // From any thread: reads the delegations anew.
    void reload();
    Desk& desk() { return *desk_; }
    std::uint64_t salt() const { return salt_; }

  private:
    Agent(Ports ports, Settings settings, std::uint64_t salt);
    Expected<void> load();
    Expected<void> scan(const std::shared_ptr<const Generation>& generation);
    std::shared_ptr<const Generation> current();
    // keeper.cpp: a thread of its own for what comes by the clock
    void keep(const std::stop_token& stop);
    void keep_delegations(Instant now);
    void keep_registry(Instant now);
    void keep_store(Instant now);
    void keep_pace(Instant now);
    void write_metrics(Instant now, Duration behind);
    Expected<void> adopt(std::shared_ptr<const Generation> generation);

    Ports ports_;
    Settings settings_;
    std::uint64_t salt_;
    std::unique_ptr<Submitter> submitter_;
    std::unique_ptr<Desk> desk_;
    std::atomic<bool> stopped_ = false, reload_ = false;
    std::mutex mutex_;
    std::condition_variable_any waiting_;
    std::shared_ptr<const Generation> generation_; // the newest
    Instant checked_ = kLongAgo, heard_ = kLongAgo, pruned_ = kLongAgo, opened_ = kLongAgo, paced_ = kLongAgo,
            read_ = kLongAgo;
    Pace pace_;
    std::jthread keeper_; // last: it ends first
};

} // namespace tutti::agent
