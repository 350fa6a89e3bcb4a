#pragma once
// Which child is looked at next, and what follows from a verdict. Hints (NOTIFY) go first, then what was to be looked
// at again, then whose turn it is.
#include "agent/generation.hpp"
#include "agent/occasion.hpp"
#include "agent/settings.hpp"
#include "port/clock.hpp"
#include "scan/scanner.hpp"

#include <array>
#include <deque>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace tutti::agent {

struct DeskCounts {
    std::uint64_t unchanged = 0;
    std::array<std::uint64_t, 5> decisions{}; // by accept::Decision
};

class Desk final : public scan::Desk {
  public:
    struct Ports {
        AgentStore& store;
        port::Clock& clock;
        Say say;
        Tell tell;
        std::function<void(scan::Judgement)> submit;
        std::uint64_t salt = 0;
    };
    Desk(Ports ports, const Settings& settings) : ports_(std::move(ports)), settings_(settings) {}

    // What is remembered, from the store; once, before the first take().
    Expected<void> load();
    // Between two scans: nothing is under way. `generation` stays until the next take().
    void take(std::shared_ptr<const Generation> generation);
    // No further child until take(): what is under way is ended.
    void close();

    enum class Hint { taken, unknown, not_now };
    // It is on disk when this returns, and looked at in full before all others.
    Hint hint(const dns::Name& child, accept::Trigger trigger);
    void look_at(const dns::Name& child, Instant when, accept::Trigger trigger = accept::Trigger::scan);
    // Everything said and remembered up to here to the disk; often, by the thread that scans.
    Expected<void> flush();
    DeskCounts counts();
    // How long the child whose turn is next has been waiting for it.
    Duration behind(Instant now);
    Mark mark(const dns::Name& child) const { return mark_of(ports_.salt, child.wire()); }

    std::optional<scan::Job> next() override;
    bool ended() override;
    void unchanged(const scan::Job& job, scan::Unchanged why) override;
    accept::Registry registry(scan::ChildId child) override;
    void judged(const scan::Job& job, std::span<const scan::Judgement> all) override;

  private:
    std::optional<scan::Job> begin(Mark mark, accept::Trigger trigger, bool in_full);
    std::optional<scan::Job> next_hint();
    std::optional<scan::Job> next_due(Instant now);
    std::optional<scan::Job> next_turn(Instant now);
    void finish(scan::ChildId child);
    dns::Name name(scan::ChildId child) const;
    void learn(const scan::Job& job, std::span<const scan::Judgement> all);
    void tell(const scan::Judgement& judgement);

    Ports ports_;
    const Settings& settings_;
    std::mutex mutex_; // of all of the following
    std::shared_ptr<const Generation> generation_;
    bool open_ = false;
    std::optional<Hand> hand_;
    std::size_t fresh_ = 0, once_ = 0; // how far
    std::deque<std::pair<Mark, accept::Trigger>> hints_;
    std::unordered_map<Mark, accept::Trigger> hinted_; // what is in hints_
    std::set<std::pair<Instant, Mark>> due_;
    std::unordered_map<Mark, std::pair<Instant, accept::Trigger>> due_of_;
    std::unordered_map<scan::ChildId, Instant> under_way_; // with the moment of its turn, or kNever
    std::unordered_set<Mark> remembered_, rare_, troubled_;
    DeskCounts counts_;
};

} // namespace tutti::agent
