// The audit log, and requests that are carried out once.
#include "store/sqlite_store.hpp"

#include <algorithm>
#include <filesystem>

namespace tutti::store {

namespace {

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

} // namespace

Expected<port::AuditLine> SqliteStore::append(const std::string& text) {
    const std::lock_guard guard(mutex_);
    auto transaction = Transaction::begin(*db_);
    if (!transaction) return std::unexpected(transaction.error());
    port::AuditLine out{1, text, ""};
    std::string before;
    {
        auto q = db_->prepare("select id, hash from audit order by id desc limit 1");
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (*row) {
            out.id = q.number(0) + 1;
            before = q.text(1);
        }
    }
    out.hash = port::audit_hash(before, text);
    auto q = db_->prepare("insert into audit (id, text, hash) values (?1, ?2, ?3)");
    if (auto ok = q.bind(1, out.id).bind(2, out.text).bind(3, out.hash).run(); !ok) return std::unexpected(ok.error());
    if (auto ok = transaction->commit(); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<std::vector<port::AuditLine>> SqliteStore::audit(std::int64_t after, std::size_t limit) {
    const std::lock_guard guard(mutex_);
    std::vector<port::AuditLine> out;
    auto q = db_->prepare("select id, text, hash from audit where id > ?1 order by id limit ?2");
    q.bind(1, after).bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        out.push_back({q.number(0), q.text(1), q.text(2)});
    }
}

Expected<std::optional<port::Once>> SqliteStore::begin(const std::string& key, const std::string& request, Instant now,
                                                       Instant forget) {
    const std::lock_guard guard(mutex_);
    auto transaction = Transaction::begin(*db_);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto ok = db_->prepare("delete from once where at < ?1").bind(1, micros(forget)).run(); !ok)
        return std::unexpected(ok.error());
    {
        auto q = db_->prepare("select request, done, status, body from once where key = ?1");
        auto row = q.bind(1, key).step();
        if (!row) return std::unexpected(row.error());
        if (*row) return port::Once{q.text(0), q.number(1) != 0, static_cast<int>(q.number(2)), q.text(3)};
    }
    auto q = db_->prepare("insert into once (key, request, at, done, status, body) values (?1, ?2, ?3, 0, 0, '')");
    if (auto ok = q.bind(1, key).bind(2, request).bind(3, micros(now)).run(); !ok) return std::unexpected(ok.error());
    if (auto ok = transaction->commit(); !ok) return std::unexpected(ok.error());
    return std::optional<port::Once>();
}

Expected<void> SqliteStore::finish(const std::string& key, int status, const std::string& body) {
    const std::lock_guard guard(mutex_);
    auto q = db_->prepare("update once set done = 1, status = ?2, body = ?3 where key = ?1");
    return q.bind(1, key).bind(2, std::int64_t{status}).bind(3, body).run();
}

Expected<AuditFound> check_audit(const std::string& path) {
    if (!std::filesystem::exists(path))
        return fail(ErrorKind::not_found, "there is no data base", path, "name it with --database");
    auto db = Connection::open(path);
    if (!db) return std::unexpected(db.error());
    AuditFound out;
    port::AuditCheck check;
    auto q = (*db)->prepare("select id, text, hash from audit order by id");
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) break;
        if (auto wrong = check.next({q.number(0), q.text(1), q.text(2)})) {
            out.broken = *std::move(wrong);
            break;
        }
    }
    out.lines = check.lines();
    out.head = check.head();
    return out;
}

} // namespace tutti::store
