#pragma once
// Inside of the scanner: the children under way and what happens to them.
#include "accept/verifier.hpp"
#include "scan/look.hpp"

#include <queue>

namespace tutti::scan {

// What one answer of the fast path says.
enum class FastSays { nothing, same, differs, failed };
FastSays fast_says(const Delegations& delegations, ChildId child, dns::Type type, const Reply& reply,
                   const accept::Policy& policy);
RawReply keep(const Reply& reply);

class Scan final : public Asker::Listener {
  public:
    Scan(const Delegations& delegations, Desk& desk, port::Resolver* resolver, port::Clock& clock, ScanOptions options);
    Expected<void> open();
    void run(const std::function<void()>& each_round);
    void stop();
    ScanCounts counts() const;
    void replied(std::uint64_t cookie, const Reply& reply) override;

  private:
    struct Child {
        Job job;
        enum class Stage : std::uint8_t { free, hosts, fast, gathering, asking, elsewhere, pause } stage = Stage::free;
        std::vector<Target> targets; // fast path; keeps its room for the next child
        std::uint16_t first = 0, tried = 0, pending = 0, hosts_missing = 0;
        bool confirmed = false, differs = false, csync_seen = false;
        Unchanged why = Unchanged::nothing_published;
        std::vector<std::pair<std::uint16_t, RawReply>> kept; // of the fast path: CDS, by target
        std::unique_ptr<Look> look;
        int round = 0;
    };
    // fast path: scan_fast.cpp
    void begin(std::uint32_t c);
    void ask_fast(std::uint32_t c, std::uint16_t target);
    void put_fast(std::uint32_t c, std::uint16_t target, Ask what);
    void fast_reply(std::uint32_t c, std::uint16_t target, Ask what, const Reply& reply);
    bool ask_cdnskey_too(ServerId id);
    void decide_fast(std::uint32_t c);
    bool too_many_servers(std::uint32_t c) const;
    bool wait_for_hosts(std::uint32_t c);
    // full path: scan_full.cpp
    void gather(std::uint32_t c);
    void open_look(std::uint32_t c);
    void fill_hosts(Look& look);
    void add_host(Look& look, const dns::Name& name, const HostState& state, bool candidate) const;
    void use_kept(Child& child);
    bool only_tcp(const Look& look) const;
    void next_round(std::uint32_t c);
    void ask_round(std::uint32_t c);
    void put(std::uint32_t c, std::size_t target, Ask what, std::size_t host = 0);
    void ask_candidates(std::uint32_t c);
    void candidates_known(std::uint32_t c);
    void full_reply(std::uint32_t c, std::uint32_t asked, const Reply& reply);
    void judge_or_signal(std::uint32_t c);
    // elsewhere: scanner.cpp
    void hand_over(std::uint32_t c);
    void judge(std::uint32_t c, const Look& look);
    std::unique_ptr<accept::Verifier> a_verifier();
    void take_back();
    void release(std::uint32_t c);
    void start_new();
    std::size_t most_to_verify() const;

    const Delegations& delegations_;
    Desk& desk_;
    port::Resolver* resolver_;
    port::Clock& clock_;
    ScanOptions options_;
    Place place_;
    std::unique_ptr<Asker> asker_;
    std::vector<Child> children_;
    std::vector<std::uint32_t> free_;
    using Pause = std::pair<std::int64_t, std::uint32_t>;
    std::priority_queue<Pause, std::vector<Pause>, std::greater<>> pauses_;
    ScanCounts counts_;
    std::atomic<bool> stopped_ = false;

    enum class Back { again, done, signals, candidates };
    std::mutex mutex_;
    std::vector<std::pair<std::uint32_t, Back>> back_;              // by other threads
    std::vector<std::unique_ptr<accept::Verifier>> idle_verifiers_; // that nobody uses at the moment
    std::atomic<std::size_t> to_verify_ = 0;
    bool verifiers_are_busy_ = false;
    std::atomic<std::uint64_t> verifications_ = 0;
    std::unique_ptr<HostBook> hosts_;
    std::unique_ptr<Waiters> lookups_, verifiers_; // last: their threads end first
};

} // namespace tutti::scan
