#pragma once
// port::Store on SQLite: one file, one daemon. Safe to use from many threads. What a call returned is on disk.
#include "port/ledger.hpp"
#include "port/store.hpp"
#include "store/file_lock.hpp"
#include "store/sqlite.hpp"

#include <mutex>

namespace tutti::store {

class SqliteStore final : public port::Store, public port::Ledger {
  public:
    // Creates the file (mode 0600) where there is none; its folder must exist.
    static Expected<std::unique_ptr<SqliteStore>> open(const std::string& path);

    Expected<std::vector<dns::Name>> zones() override;
    Expected<port::ZoneRecord> load(const dns::Name& zone) override;
    Expected<void> save(port::ZoneRecord& record, const std::vector<port::Event>& events) override;
    Expected<void> remove(const dns::Name& zone) override;
    Expected<std::vector<port::Event>> events(const dns::Name& zone, std::int64_t after, std::size_t limit) override;
    Expected<std::vector<port::ZoneEvent>> all_events(std::int64_t after, std::size_t limit) override;
    Expected<std::int64_t> last_event() override;
    Expected<std::vector<port::Transition>> transitions(const dns::Name& zone) override;
    Expected<void> add_transition(const dns::Name& zone, const port::Transition& transition) override;
    Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string& kind) override;
    Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) override;
    Expected<void> drop_config(const std::string& kind, const std::string& name) override;

    Expected<port::AuditLine> append(const std::string& text) override;
    Expected<std::vector<port::AuditLine>> audit(std::int64_t after, std::size_t limit) override;
    Expected<std::optional<port::Once>> begin(const std::string& key, const std::string& request, Instant now,
                                              Instant forget) override;
    Expected<void> finish(const std::string& key, int status, const std::string& body) override;

    // The latest time of any decision or event; kLongAgo when there is none. A clock that is behind it is wrong.
    Expected<Instant> newest();

  private:
    SqliteStore(FileLock lock, std::unique_ptr<Connection> db) : lock_(std::move(lock)), db_(std::move(db)) {}
    Expected<void> write_zone(port::ZoneRecord& record);

    FileLock lock_;
    std::mutex mutex_; // around db_
    std::unique_ptr<Connection> db_;
};

// The audit log of a database, beside its daemon.
struct AuditFound {
    std::int64_t lines = 0; // that fit
    std::string head;       // the hash of the last of them
    std::string broken;     // what is wrong after them; empty: nothing
};
Expected<AuditFound> check_audit(const std::string& path);

} // namespace tutti::store
