#pragma once
// What the agent must not forget: one SQLite file, one agent. Safe to use from many threads.
#include "agent/memory.hpp"
#include "agent/schedule.hpp"
#include "store/file_lock.hpp"
#include "store/sqlite.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tutti::agent {

// How often somebody was told of a condition.
struct Told {
    std::string condition;
    Instant since{}, last{};
    int times = 0;
};

// The DS of a child as one number, by its mark; without DS it is not listed.
using SeenDs = std::pair<Mark, std::uint64_t>;

struct Tally {
    std::string entry, verdict;
    std::int64_t children = 0;
};

class AgentStore {
  public:
    // Creates the file (mode 0600) where there is none; its folder must exist. conflict: another agent has it.
    static Expected<std::unique_ptr<AgentStore>> open(const std::string& path);
    // Beside a running agent, to read from. not_found: there is no such file.
    static Expected<std::unique_ptr<AgentStore>> look_into(const std::string& path);

    // What was written by the calls inside is on disk all together, or not at all.
    Expected<void> together(const std::function<Expected<void>()>& work);

    // Memories. An empty one is no row. change(): nobody else changes it meanwhile.
    Expected<Memory> load(const dns::Name& child);
    Expected<void> save(const dns::Name& child, const Memory& memory);
    Expected<void> change(const dns::Name& child, const std::function<void(Memory&)>& how);
    // Children to look at again, the earliest first.
    Expected<std::vector<std::pair<Instant, dns::Name>>> to_look_at(std::size_t limit);
    Expected<std::vector<dns::Name>> to_restore(Instant until, std::size_t limit);
    // The names of all rows, and whether each notifies.
    Expected<void> each_child(const std::function<void(const dns::Name&, bool notifies)>& each);

    // Names in order after `after`: those that have something to remember, and those of which the log tells.
    Expected<std::vector<dns::Name>> children(const std::string& after, std::size_t limit);
    // How many children there are of each kind of last entry and, where that is a judgement, of its kind.
    Expected<std::vector<Tally>> tally();

    // The log.
    Expected<void> note(const Entry& entry);
    // The newest `limit` entries with an id over `after`, oldest first; of one child, or of all.
    Expected<std::vector<Entry>> entries(const std::optional<dns::Name>& child, std::int64_t after, std::size_t limit);
    // Forgets entries and closed submissions from before `until`, and the oldest over `most`.
    Expected<void> prune(Instant until, std::size_t most);

    // Submissions. begin() is on disk when it returns.
    Expected<void> begin(Submission& submission);
    Expected<void> move(const Submission& submission, const std::string& said);
    Expected<std::vector<Submission>> open_submissions();
    Expected<std::vector<Submission>> open_submissions(const dns::Name& child);
    // Open or closed, the newest first.
    Expected<std::vector<Submission>> submissions_since(const dns::Name& child, Instant since);

    // DS seen in the registry, sorted by mark.
    Expected<std::vector<SeenDs>> seen();
    Expected<std::optional<std::uint64_t>> seen_ds(Mark mark);
    Expected<void> set_seen(Mark mark, std::optional<std::uint64_t> ds);

    Expected<std::optional<Told>> told(const dns::Name& child, const std::string& audience);
    Expected<void> each_told(const std::function<void(const dns::Name&)>& each);
    // Nothing: the condition is over.
    Expected<void> set_told(const dns::Name& child, const std::string& audience, const std::optional<Told>& told);

    Expected<std::optional<std::string>> setting(const std::string& name);
    Expected<void> put_setting(const std::string& name, const std::string& value);

    // Kept in memory until flush(), but what is loaded has it already: for what a crash may undo together with the
    // hand.
    void change_soon(const dns::Name& child, const std::function<void(Memory&)>& how);
    void note_soon(Entry entry);
    Expected<void> flush(const std::vector<std::pair<std::string, std::string>>& settings);

  private:
    AgentStore(std::optional<store::FileLock> lock, std::unique_ptr<store::Connection> db)
        : lock_(std::move(lock)), db_(std::move(db)) {}
    Expected<Memory> read(const dns::Name& child);
    Expected<void> write(const dns::Name& child, const Memory& memory);
    Expected<bool> count_again(const Entry& entry);
    Expected<std::vector<Submission>> submissions(store::Statement& query);

    std::optional<store::FileLock> lock_;
    std::recursive_mutex mutex_; // around all of the following
    std::unique_ptr<store::Connection> db_;
    int depth_ = 0;
    std::map<dns::Name, Memory> soon_;
    std::vector<Entry> entries_soon_;
    Expected<void> trouble_; // of what cannot return it
};

} // namespace tutti::agent
