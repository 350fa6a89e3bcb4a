#pragma once
// The scan: takes children from a desk, decides with one or two questions that nothing would change, looks at
// everything where that cannot be said, has it judged, and hands the verdict back. One thread asks; others verify.
#include "accept/judge.hpp"
#include "port/clock.hpp"
#include "port/dns.hpp"
#include "scan/asker.hpp"
#include "scan/delegations.hpp"

#include <optional>

namespace tutti::scan {

struct ScanOptions {
    AskerOptions asker{};
    accept::Policy policy{};
    std::uint16_t port = 53;
    bool every_address = false; // else the first answer that confirms the status quo is enough (R8)
    bool tcp = false;           // everything over TCP
    int verifiers = 0;          // threads; 0: one for each core but one
    int lookups = 32;           // names looked up side by side
    std::uint32_t children_at_once = 4096;
    // What could not be judged yet is looked at again so often, after so long (doubled each time).
    int retries = 2;
    Duration retry_after = seconds(2);
};

struct Job {
    ChildId child = 0;
    accept::Trigger trigger = accept::Trigger::scan;
    bool in_full = false; // no fast path
    int attempt = 0;      // looks that went before and ended with `retry`
};

// Why nothing would change, without a judgement.
enum class Unchanged { nothing_published, same_as_registry };

struct Judgement {
    accept::Evidence evidence;
    accept::Registry registry;
    accept::Verdict verdict;
};

// Where children come from and where verdicts go.
class Desk {
  public:
    virtual ~Desk() = default;
    // By the asking thread. Nothing: none now.
    virtual std::optional<Job> next() = 0;
    // No further one will come.
    virtual bool ended() = 0;
    virtual void unchanged(const Job& job, Unchanged why) = 0;
    // By any thread, several at once.
    virtual accept::Registry registry(ChildId child) = 0;
    // One for each subject: the DS, and where there is one, the CSYNC.
    virtual void judged(const Job& job, std::span<const Judgement> all) = 0;
};

struct ScanCounts {
    std::uint64_t queries = 0, unchanged = 0, judged = 0, verifications = 0;
    std::uint64_t in_full = 0; // full looks, retries included
};

class Scan;

class Scanner {
  public:
    // `resolver`: may be null: then only the addresses in `delegations`. All of these must outlive the scanner.
    static Expected<std::unique_ptr<Scanner>> open(const Delegations& delegations, Desk& desk, port::Resolver* resolver,
                                                   port::Clock& clock, ScanOptions options);
    ~Scanner();
    Scanner(const Scanner&) = delete;
    Scanner& operator=(const Scanner&) = delete;

    // Until the desk has no more children and all are done, or stop(). `each_round` is called often.
    void run(const std::function<void()>& each_round = {});
    // From any thread: nothing new is begun, what is under way is dropped.
    void stop();
    // By the thread that runs.
    ScanCounts counts() const;

  private:
    explicit Scanner(std::unique_ptr<Scan> scan);
    std::unique_ptr<Scan> scan_;
};

} // namespace tutti::scan
