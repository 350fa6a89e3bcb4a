#pragma once
// The desk of one scan: children in random order, each once; verdicts to the terminal or as JSON lines; what is
// finished to the state file.
#include "app/cli.hpp"
#include "scan/scanner.hpp"
#include "scan/state_file.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <chrono>
#include <mutex>

namespace tutti::app {

struct DeskOptions {
    bool json = false, evidence = false; // evidence: into the JSON, too
    bool in_full = false;                // no fast path
    bool quiet = false;                  // not those that stay as they are
};

class ScanDesk final : public scan::Desk {
  public:
    // `state` may be null.
    ScanDesk(const scan::Delegations& delegations, scan::StateFile* state, DeskOptions options);

    std::optional<scan::Job> next() override;
    bool ended() override { return next_ >= order_.size(); }
    void unchanged(const scan::Job& job, scan::Unchanged why) override;
    accept::Registry registry(scan::ChildId child) override { return delegations_.registry(child); }
    void judged(const scan::Job& job, std::span<const scan::Judgement> all) override;

    // Often, by the thread that scans: what is known so far to the terminal, the files, and the bar. The first error of
    // a file is kept; after it the scan makes no sense.
    void each_round();
    Expected<void> finish(bool complete);
    bool failed() const { return !trouble_.has_value(); }
    void summary(const scan::ScanCounts& counts);

  private:
    void write(const std::string& text);
    void note_done(scan::ChildId child);
    boost::json::object summary_json(const scan::ScanCounts& counts, double spent) const;
    std::string summary_text(const scan::ScanCounts& counts, double spent) const;

    const scan::Delegations& delegations_;
    scan::StateFile* state_;
    DeskOptions options_;
    bool bar_, colour_;
    std::vector<scan::ChildId> order_;
    std::size_t next_ = 0, skipped_ = 0;
    std::chrono::steady_clock::time_point begin_, drawn_, flushed_;

    std::mutex mutex_; // of the following
    std::size_t done_ = 0;
    std::array<std::uint64_t, 5> decisions_{}; // by accept::Decision
    Expected<void> trouble_;
};

} // namespace tutti::app
