#include "agent/agent_store.hpp"

#include "agent/agent_json.hpp"
#include "agent/agent_migrations.hpp"

#include <algorithm>
#include <filesystem>

namespace tutti::agent {

namespace {

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}
Instant instant(std::int64_t us) {
    return Instant{Duration{us}};
}
std::int64_t capped(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, 10'000'000));
}
std::optional<std::int64_t> micros(const std::optional<Instant>& t) {
    return t ? std::optional(micros(*t)) : std::nullopt;
}

// Each row of a query.
template <class Each>
Expected<void> rows(store::Statement& q, Each each) {
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return {};
        if (Expected<void> ok = each(); !ok) return ok;
    }
}

} // namespace

Expected<std::unique_ptr<AgentStore>> AgentStore::open(const std::string& path) {
    auto lock = store::FileLock::take(path + ".lock");
    if (!lock) return std::unexpected(lock.error());
    if (auto ok = store::create_private(path); !ok) return std::unexpected(ok.error());
    auto db = store::Connection::open(path);
    if (!db) return std::unexpected(db.error());
    if (auto ok = store::migrate(**db, agent_migrations()); !ok) return std::unexpected(ok.error());
    return std::unique_ptr<AgentStore>(new AgentStore(*std::move(lock), *std::move(db)));
}

Expected<std::unique_ptr<AgentStore>> AgentStore::look_into(const std::string& path) {
    if (!std::filesystem::exists(path))
        return fail(ErrorKind::not_found, "there is no data base of a parent's agent", path,
                    "name the agent's configuration with --config; `tutti parent serve` makes the data base");
    auto db = store::Connection::open(path);
    if (!db) return std::unexpected(db.error());
    return std::unique_ptr<AgentStore>(new AgentStore(std::nullopt, *std::move(db)));
}

Expected<void> AgentStore::together(const std::function<Expected<void>()>& work) {
    const std::scoped_lock guard{mutex_};
    if (depth_ > 0) return work();
    auto transaction = store::Transaction::begin(*db_);
    if (!transaction) return std::unexpected(transaction.error());
    ++depth_;
    auto ok = work();
    --depth_;
    if (!ok) return ok;
    return transaction->commit();
}

// ---- memories ----

Expected<Memory> AgentStore::read(const dns::Name& child) {
    Memory out;
    std::string text;
    {
        auto q =
            db_->prepare("select remembered, suspended, notifies, attempt, tries, look_at, restore_at, restore_ttl "
                         "from child where name = ?1");
        auto row = q.bind(1, child.text()).step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        text = q.text(0);
        out.suspended = q.number(1) != 0;
        out.notifies = q.number(2) != 0;
        out.attempt = static_cast<int>(q.number(3));
        out.tries = static_cast<int>(q.number(4));
        if (!q.is_null(5)) out.look_at = instant(q.number(5));
        if (!q.is_null(6)) out.ttl = TtlRestore{instant(q.number(6)), static_cast<dns::Ttl>(q.number(7))};
    }
    if (auto ok = remembered_from_text(text, out); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> AgentStore::write(const dns::Name& child, const Memory& m) {
    const auto name = child.text();
    if (m.empty()) return db_->prepare("delete from child where name = ?1").bind(1, name).run();
    const auto restore_at = m.ttl ? std::optional(m.ttl->at) : std::nullopt;
    const auto restore_ttl = m.ttl ? std::optional(std::int64_t{m.ttl->ttl}) : std::nullopt;
    const auto text = remembered_to_text(m);
    auto q =
        db_->prepare("insert or replace into child (name, remembered, suspended, notifies, attempt, tries, look_at, "
                     "restore_at, restore_ttl) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    q.bind(1, name).bind(2, text).bind(3, std::int64_t{m.suspended}).bind(4, std::int64_t{m.notifies});
    q.bind(5, std::int64_t{m.attempt}).bind(6, std::int64_t{m.tries}).bind_or_null(7, micros(m.look_at));
    return q.bind_or_null(8, micros(restore_at)).bind_or_null(9, restore_ttl).run();
}

Expected<Memory> AgentStore::load(const dns::Name& child) {
    const std::scoped_lock guard{mutex_};
    if (const auto found = soon_.find(child); found != soon_.end()) return found->second;
    return read(child);
}

Expected<void> AgentStore::save(const dns::Name& child, const Memory& memory) {
    return change(child, [&](Memory& m) { m = memory; });
}

Expected<void> AgentStore::change(const dns::Name& child, const std::function<void(Memory&)>& how) {
    return together([&]() -> Expected<void> {
        auto memory = load(child);
        if (!memory) return std::unexpected(memory.error());
        how(*memory);
        soon_.erase(child);
        return write(child, *memory);
    });
}

Expected<std::vector<std::pair<Instant, dns::Name>>> AgentStore::to_look_at(std::size_t limit) {
    const std::scoped_lock guard{mutex_};
    std::vector<std::pair<Instant, dns::Name>> out;
    auto q = db_->prepare("select look_at, name from child where look_at is not null order by look_at limit ?1");
    q.bind(1, capped(limit));
    auto ok = rows(q, [&]() -> Expected<void> {
        auto name = dns::Name::parse(q.text(1));
        if (!name) return std::unexpected(name.error());
        out.emplace_back(instant(q.number(0)), *std::move(name));
        return {};
    });
    if (!ok) return std::unexpected(ok.error());
    return out;
}

Expected<std::vector<dns::Name>> AgentStore::to_restore(Instant until, std::size_t limit) {
    const std::scoped_lock guard{mutex_};
    std::vector<dns::Name> out;
    auto q = db_->prepare("select name from child where restore_at <= ?1 order by restore_at limit ?2");
    q.bind(1, micros(until)).bind(2, capped(limit));
    auto ok = rows(q, [&]() -> Expected<void> {
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        out.push_back(*std::move(name));
        return {};
    });
    if (!ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> AgentStore::each_child(const std::function<void(const dns::Name&, bool)>& each) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select name, notifies from child");
    return rows(q, [&]() -> Expected<void> {
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        each(*name, q.number(1) != 0);
        return {};
    });
}

void AgentStore::change_soon(const dns::Name& child, const std::function<void(Memory&)>& how) {
    const std::scoped_lock guard{mutex_};
    auto memory = load(child);
    if (!memory) {
        if (trouble_) trouble_ = std::unexpected(memory.error());
        return;
    }
    how(*memory);
    soon_.insert_or_assign(child, *std::move(memory));
}

void AgentStore::note_soon(Entry entry) {
    const std::scoped_lock guard{mutex_};
    entries_soon_.push_back(std::move(entry));
}

Expected<void> AgentStore::flush(const std::vector<std::pair<std::string, std::string>>& settings) {
    const std::scoped_lock guard{mutex_};
    if (!trouble_) return trouble_;
    auto ok = together([&]() -> Expected<void> {
        for (const auto& [child, memory] : soon_)
            if (auto done = write(child, memory); !done) return done;
        for (const auto& entry : entries_soon_)
            if (auto done = note(entry); !done) return done;
        for (const auto& [name, value] : settings)
            if (auto done = put_setting(name, value); !done) return done;
        return {};
    });
    if (!ok) return ok;
    soon_.clear();
    entries_soon_.clear();
    return {};
}

// ---- DS seen, reports, settings ----

Expected<std::vector<SeenDs>> AgentStore::seen() {
    const std::scoped_lock guard{mutex_};
    std::vector<SeenDs> out;
    auto q = db_->prepare("select mark, ds from seen");
    auto ok = rows(q, [&]() -> Expected<void> {
        out.emplace_back(static_cast<Mark>(q.number(0)), static_cast<std::uint64_t>(q.number(1)));
        return {};
    });
    if (!ok) return std::unexpected(ok.error());
    std::ranges::sort(out);
    return out;
}

Expected<std::optional<std::uint64_t>> AgentStore::seen_ds(Mark mark) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select ds from seen where mark = ?1");
    auto row = q.bind(1, static_cast<std::int64_t>(mark)).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::optional<std::uint64_t>{};
    return static_cast<std::uint64_t>(q.number(0));
}

Expected<void> AgentStore::set_seen(Mark mark, std::optional<std::uint64_t> ds) {
    const std::scoped_lock guard{mutex_};
    const auto key = static_cast<std::int64_t>(mark);
    if (!ds) return db_->prepare("delete from seen where mark = ?1").bind(1, key).run();
    auto q = db_->prepare("insert or replace into seen (mark, ds) values (?1, ?2)");
    return q.bind(1, key).bind(2, static_cast<std::int64_t>(*ds)).run();
}

Expected<std::optional<Told>> AgentStore::told(const dns::Name& child, const std::string& audience) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select condition, since, times, last from report where child = ?1 and audience = ?2");
    auto row = q.bind(1, child.text()).bind(2, audience).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::optional<Told>{};
    return Told{q.text(0), instant(q.number(1)), instant(q.number(3)), static_cast<int>(q.number(2))};
}

Expected<void> AgentStore::each_told(const std::function<void(const dns::Name&)>& each) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select distinct child from report");
    return rows(q, [&]() -> Expected<void> {
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        each(*name);
        return {};
    });
}

Expected<void> AgentStore::set_told(const dns::Name& child, const std::string& audience,
                                    const std::optional<Told>& told) {
    const std::scoped_lock guard{mutex_};
    const auto name = child.text();
    if (!told) {
        auto q = db_->prepare("delete from report where child = ?1 and audience = ?2");
        return q.bind(1, name).bind(2, audience).run();
    }
    auto q = db_->prepare("insert or replace into report (child, audience, condition, since, times, last) "
                          "values (?1, ?2, ?3, ?4, ?5, ?6)");
    q.bind(1, name).bind(2, audience).bind(3, told->condition).bind(4, micros(told->since));
    return q.bind(5, std::int64_t{told->times}).bind(6, micros(told->last)).run();
}

Expected<std::optional<std::string>> AgentStore::setting(const std::string& name) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select value from setting where name = ?1");
    auto row = q.bind(1, name).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::optional<std::string>{};
    return q.text(0);
}

Expected<void> AgentStore::put_setting(const std::string& name, const std::string& value) {
    const std::scoped_lock guard{mutex_};
    return db_->prepare("insert or replace into setting (name, value) values (?1, ?2)")
        .bind(1, name)
        .bind(2, value)
        .run();
}

} // namespace tutti::agent
