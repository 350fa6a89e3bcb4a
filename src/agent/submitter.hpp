#pragma once
// Carries accepted changes into the registry. Each is judged once more on what the registry says at that moment,
// written down, sent, and what became of it is written down, too. Whatever stops the process in between: afterwards the
// registry is read and the child is looked at again; nothing is sent from the notes alone.
#include "agent/agent_store.hpp"
#include "agent/occasion.hpp"
#include "agent/settings.hpp"
#include "port/clock.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <set>
#include <thread>

namespace tutti::agent {

class Submitter {
  public:
    struct Ports {
        port::RegistryBackend& registry;
        AgentStore& store;
        port::Clock& clock;
        Say say;
        Tell tell;
        // The child is to be looked at in full, then.
        std::function<void(const dns::Name&, Instant)> look_at;
        std::function<Mark(const dns::Name&)> mark;
    };
    Submitter(Ports ports, const Settings& settings);
    ~Submitter(); // what has been begun is ended; what waits is looked at anew after the next start
    Submitter(const Submitter&) = delete;
    Submitter& operator=(const Submitter&) = delete;

    void submit(scan::Judgement accepted);
    // What became of a change that was under way?
    void settle(const dns::Name& child);
    // Brings the old DS TTL back.
    void restore(const dns::Name& child);
    // The DS in the zone are not those that were seen last: who changed them?
    void compare(const dns::Name& child);
    // Something waits or is under way.
    bool busy();

    // One message of the registry's queue. False: it could not be written down.
    bool hear(const port::Notice& notice);

  private:
    using Work = std::function<void(const dns::Name&)>;
    void add(const dns::Name& child, Work work);
    void serve(const std::stop_token& stop);

    // submitter.cpp: before it is sent
    Expected<accept::Registry> read(const dns::Name& child);
    void notice_ds(const dns::Name& child, const accept::Registry& now);
    void do_submit(const scan::Judgement& accepted);
    bool waits(const dns::Name& child, const accept::Change& change);
    void do_restore(const dns::Name& child);
    void overtaken(const scan::Judgement& now);
    void preview(const Submission& submission);
    void write_down(Submission& submission, const Entry& entry);

    // submitted.cpp: what became of it
    void send(Submission submission);
    void settle_open(const dns::Name& child, const accept::Registry& now);
    bool came_late(const dns::Name& child, const accept::Registry& now);
    void succeeded(Submission& submission, const std::string& said);
    void failed(Submission& submission, const Error& error);
    void pending(Submission& submission, const std::string& id, const std::string& said);
    void held(Submission& submission, const std::string& said);
    void drop(Submission& submission, const std::string& kind, const std::string& said);
    void unreadable(const dns::Name& child, const Error& error);
    // Looks again: at once after the first failure of a kind that looking may cure, then slower.
    void look_later(const dns::Name& child, bool at_once);
    void look_now(const dns::Name& child);

    // Into the log. What happens to a change is written down together with what it means, or not at all.
    void note(const dns::Name& child, const std::string& kind, const std::string& text,
              const std::string& fingerprint = "");
    Expected<void> record(const dns::Name& child, const std::string& kind, const std::string& text,
                          const std::string& fingerprint = "");
    // A database that does not take what it must: it is said, and nothing more is sent.
    bool disk(const Expected<void>& done);

    Ports ports_;
    const Settings& settings_;
    Instant started_;
    std::mutex mutex_;
    std::condition_variable_any some_;
    std::deque<std::pair<dns::Name, Work>> work_;
    std::set<dns::Name> busy_; // one thread for one child
    std::atomic<bool> disk_failed_ = false;
    std::vector<std::jthread> threads_;
};

} // namespace tutti::agent
