#include "store/sqlite_store.hpp"

#include "store/migrate.hpp"
#include "store/zone_json.hpp"

namespace tutti::store {

namespace {

using port::Event;
using port::Transition;
using port::ZoneRecord;

std::unexpected<Error> no_such_zone(const dns::Name& zone) {
    return fail(ErrorKind::not_found, "there is no zone " + zone.text(), zone.text(), "`tutti zone list` shows all");
}

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

Event read_event(const Statement& q, int first) {
    return {q.number(first), Instant{Duration{q.number(first + 1)}}, q.text(first + 2), q.text(first + 3),
            q.text(first + 4)};
}

std::int64_t capped(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000));
}

} // namespace

Expected<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path) {
    auto lock = FileLock::take(path + ".lock");
    if (!lock) return std::unexpected(lock.error());
    if (auto ok = create_private(path); !ok) return std::unexpected(ok.error());
    auto db = Connection::open(path);
    if (!db) return std::unexpected(db.error());
    if (auto ok = migrate(**db, migrations()); !ok) return std::unexpected(ok.error());
    return std::unique_ptr<SqliteStore>(new SqliteStore(*std::move(lock), *std::move(db)));
}

Expected<std::vector<dns::Name>> SqliteStore::zones() {
    const std::lock_guard guard(mutex_);
    std::vector<dns::Name> out;
    auto q = db_->prepare("select name from zone order by name");
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        out.push_back(*std::move(name));
    }
}

Expected<ZoneRecord> SqliteStore::load(const dns::Name& zone) {
    ZoneTexts texts;
    ZoneRecord out{
        .zone = zone, .parent = {}, .intent = {}, .knowledge = {}, .decision = {}, .settled = {}, .transition = {}};
    {
        const std::lock_guard guard(mutex_);
        auto q = db_->prepare("select revision, parent, intent, mode, paused, steps, knowledge, decision, decided, "
                              "settled, transition from zone where name = ?1");
        auto row = q.bind(1, zone.text()).step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return no_such_zone(zone);
        out.revision = static_cast<std::uint64_t>(q.number(0));
        out.parent = q.text(1);
        texts.intent = q.text(2);
        out.mode = q.text(3) == "manual" ? port::Mode::manual : port::Mode::automatic;
        out.paused = q.number(4) != 0;
        out.steps = static_cast<int>(q.number(5));
        if (!q.is_null(6)) texts.knowledge = q.text(6);
        texts.decision = q.text(7);
        if (!q.is_null(8)) out.decided = Instant{Duration{q.number(8)}};
        texts.settled = q.text(9);
        if (!q.is_null(10)) texts.transition = q.text(10);
    }
    // Parsing is the larger part: outside of the lock.
    if (auto ok = from_texts(texts, out); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> SqliteStore::save(ZoneRecord& record, const std::vector<Event>& events) {
    const auto texts = to_texts(record);
    const auto name = record.zone.text();
    const std::lock_guard guard(mutex_);
    auto transaction = Transaction::begin(*db_);
    if (!transaction) return std::unexpected(transaction.error());

    const auto next = static_cast<std::int64_t>(record.revision) + 1;
    const std::optional<std::int64_t> decided =
        record.decided == kLongAgo ? std::nullopt : std::optional(micros(record.decided));
    auto q = record.revision == 0
                 ? db_->prepare(
                       "insert into zone (name, revision, parent, intent, mode, paused, steps, knowledge, decision, "
                       "decided, settled, transition) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
                       "on conflict do nothing")
                 : db_->prepare(
                       "update zone set revision = ?2, parent = ?3, intent = ?4, mode = ?5, paused = ?6, steps = ?7, "
                       "knowledge = ?8, decision = ?9, decided = ?10, settled = ?11, transition = ?12 "
                       "where name = ?1 and revision = ?2 - 1");
    q.bind(1, name).bind(2, next).bind(3, record.parent).bind(4, texts.intent);
    q.bind(5, record.mode == port::Mode::manual ? "manual" : "automatic");
    q.bind(6, std::int64_t{record.paused}).bind(7, std::int64_t{record.steps});
    q.bind_or_null(8, texts.knowledge).bind(9, texts.decision).bind_or_null(10, decided);
    q.bind(11, texts.settled).bind_or_null(12, texts.transition);
    if (auto ok = q.run(); !ok) return ok;
    if (db_->changed() != 1) {
        if (record.revision == 0)
            return fail(ErrorKind::conflict, "the zone exists already", name, "`tutti zone show` shows it");
        return fail(ErrorKind::conflict, "somebody else changed the zone meanwhile", name, "look again, and repeat");
    }
    for (const auto& e : events) {
        auto insert = db_->prepare("insert into event (zone, at, kind, text, detail) values (?1, ?2, ?3, ?4, ?5)");
        if (auto ok =
                insert.bind(1, name).bind(2, micros(e.at)).bind(3, e.kind).bind(4, e.text).bind(5, e.detail).run();
            !ok)
            return ok;
    }
    if (auto ok = transaction->commit(); !ok) return ok;
    record.revision = static_cast<std::uint64_t>(next);
    return {};
}

Expected<void> SqliteStore::remove(const dns::Name& zone) {
    const std::lock_guard guard(mutex_);
    if (auto ok = db_->prepare("delete from zone where name = ?1").bind(1, zone.text()).run(); !ok) return ok;
    if (db_->changed() == 0) return no_such_zone(zone);
    return {};
}

Expected<std::vector<Event>> SqliteStore::events(const dns::Name& zone, std::int64_t after, std::size_t limit) {
    const std::lock_guard guard(mutex_);
    std::vector<Event> out;
    auto q =
        db_->prepare("select id, at, kind, text, detail from event where zone = ?1 and id > ?2 order by id limit ?3");
    q.bind(1, zone.text()).bind(2, after).bind(3, capped(limit));
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        out.push_back(read_event(q, 0));
    }
}

Expected<std::vector<port::ZoneEvent>> SqliteStore::all_events(std::int64_t after, std::size_t limit) {
    const std::lock_guard guard(mutex_);
    std::vector<port::ZoneEvent> out;
    auto q = db_->prepare("select zone, id, at, kind, text, detail from event where id > ?1 order by id limit ?2");
    q.bind(1, after).bind(2, capped(limit));
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        out.push_back({*std::move(name), read_event(q, 1)});
    }
}

Expected<std::int64_t> SqliteStore::last_event() {
    const std::lock_guard guard(mutex_);
    auto q = db_->prepare("select coalesce((select seq from sqlite_sequence where name = 'event'), 0)");
    if (auto row = q.step(); !row) return std::unexpected(row.error());
    return q.number(0);
}

Expected<std::vector<Transition>> SqliteStore::transitions(const dns::Name& zone) {
    const std::lock_guard guard(mutex_);
    std::vector<Transition> out;
    auto q = db_->prepare("select content from transition where zone = ?1 order by id");
    q.bind(1, zone.text());
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        auto one = transition_from_text(q.text(0));
        if (!one) return std::unexpected(one.error());
        out.push_back(*std::move(one));
    }
}

Expected<void> SqliteStore::add_transition(const dns::Name& zone, const Transition& transition) {
    const std::lock_guard guard(mutex_);
    // `select` instead of `values`, so that a zone that is gone is noticed without reading error texts.
    auto q = db_->prepare("insert into transition (zone, content) select name, ?2 from zone where name = ?1");
    if (auto ok = q.bind(1, zone.text()).bind(2, transition_to_text(transition)).run(); !ok) return ok;
    if (db_->changed() == 0) return no_such_zone(zone);
    return {};
}

Expected<std::vector<std::pair<std::string, std::string>>> SqliteStore::configs(const std::string& kind) {
    const std::lock_guard guard(mutex_);
    std::vector<std::pair<std::string, std::string>> out;
    auto q = db_->prepare("select name, content from config where kind = ?1 order by name");
    q.bind(1, kind);
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        out.emplace_back(q.text(0), q.text(1));
    }
}

Expected<void> SqliteStore::put_config(const std::string& kind, const std::string& name, const std::string& json) {
    const std::lock_guard guard(mutex_);
    auto q = db_->prepare("insert into config (kind, name, content) values (?1, ?2, ?3) "
                          "on conflict do update set content = excluded.content");
    return q.bind(1, kind).bind(2, name).bind(3, json).run();
}

Expected<void> SqliteStore::drop_config(const std::string& kind, const std::string& name) {
    const std::lock_guard guard(mutex_);
    if (auto ok = db_->prepare("delete from config where kind = ?1 and name = ?2").bind(1, kind).bind(2, name).run();
        !ok)
        return ok;
    if (db_->changed() == 0)
        return fail(ErrorKind::not_found, "there is no " + kind + " \"" + name + '"', kind + '.' + name);
    return {};
}

Expected<Instant> SqliteStore::newest() {
    const std::lock_guard guard(mutex_);
    auto q = db_->prepare("select max((select max(coalesce(decided, 0)) from zone), "
                          "coalesce((select at from event order by id desc limit 1), 0))");
    auto row = q.step();
    if (!row) return std::unexpected(row.error());
    if (q.is_null(0) || q.number(0) == 0) return kLongAgo;
    return Instant{Duration{q.number(0)}};
}

} // namespace tutti::store
