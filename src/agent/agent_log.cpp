// The log and the submissions of the agent's database.
#include "accept/json.hpp"
#include "agent/agent_json.hpp"
#include "agent/agent_store.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace json = boost::json;

namespace tutti::agent {

namespace {

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}
Instant instant(std::int64_t us) {
    return Instant{Duration{us}};
}

constexpr std::array<const char*, 3> kStates{"recorded", "pending", "closed"};

const char* text_of(Submission::State state) {
    return kStates.at(static_cast<std::size_t>(state));
}

// id, child, at, state, verdict, registry, keys, txn
Expected<Submission> read_submission(const store::Statement& q) {
    auto name = dns::Name::parse(q.text(1));
    if (!name) return std::unexpected(name.error());
    const auto verdict_json = parse_json(q.text(4)), registry_json = parse_json(q.text(5));
    if (!verdict_json) return std::unexpected(verdict_json.error());
    if (!registry_json) return std::unexpected(registry_json.error());
    auto verdict = accept::verdict_from_json(*verdict_json);
    if (!verdict) return std::unexpected(verdict.error());
    auto registry = accept::registry_from_json(*registry_json);
    if (!registry) return std::unexpected(registry.error());
    auto keys = keys_from_text(q.text(6));
    if (!keys) return std::unexpected(keys.error());
    const auto state = std::ranges::find(kStates, q.text(3)) - kStates.begin();
    return Submission{q.number(0),
                      instant(q.number(2)),
                      *std::move(name),
                      *std::move(verdict),
                      *std::move(registry),
                      *std::move(keys),
                      static_cast<Submission::State>(state),
                      q.text(7)};
}

} // namespace

// True: the newest entry of the child says the same already.
Expected<bool> AgentStore::count_again(const Entry& entry) {
    if (entry.fingerprint.empty() || !entry.child) return false;
    std::int64_t id = 0;
    {
        auto q = db_->prepare("select id, fingerprint from entry where child = ?1 order by id desc limit 1");
        auto row = q.bind(1, entry.child->text()).step();
        if (!row) return std::unexpected(row.error());
        if (!*row || q.text(1) != entry.fingerprint) return false;
        id = q.number(0);
    }
    auto q = db_->prepare("update entry set times = times + 1, last = ?2, text = ?3, detail = ?4 where id = ?1");
    if (auto ok = q.bind(1, id).bind(2, micros(entry.at)).bind(3, entry.text).bind(4, entry.detail).run(); !ok)
        return std::unexpected(ok.error());
    return true;
}

Expected<void> AgentStore::note(const Entry& entry) {
    return together([&]() -> Expected<void> {
        auto counted = count_again(entry);
        if (!counted) return std::unexpected(counted.error());
        if (*counted) return {};
        auto q = db_->prepare("insert into entry (child, at, last, times, kind, text, detail, fingerprint) "
                              "values (?1, ?2, ?2, 1, ?3, ?4, ?5, ?6)");
        q.bind_or_null(1, entry.child ? std::optional(entry.child->text()) : std::nullopt).bind(2, micros(entry.at));
        return q.bind(3, entry.kind).bind(4, entry.text).bind(5, entry.detail).bind(6, entry.fingerprint).run();
    });
}

Expected<std::vector<Entry>> AgentStore::entries(const std::optional<dns::Name>& child, std::int64_t after,
                                                 std::size_t limit) {
    const std::scoped_lock guard{mutex_};
    std::vector<Entry> out;
    auto q = child ? db_->prepare("select id, child, at, last, times, kind, text, detail from entry "
                                  "where id > ?1 and child = ?3 order by id desc limit ?2")
                   : db_->prepare("select id, child, at, last, times, kind, text, detail from entry "
                                  "where id > ?1 order by id desc limit ?2");
    q.bind(1, after).bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
    const std::string name = child ? child->text() : "";
    if (child) q.bind(3, name);
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) break;
        Entry e{q.number(0),
                instant(q.number(2)),
                instant(q.number(3)),
                static_cast<int>(q.number(4)),
                {},
                q.text(5),
                q.text(6),
                q.text(7),
                {}};
        if (!q.is_null(1))
            if (auto parsed = dns::Name::parse(q.text(1))) e.child = *std::move(parsed);
        out.push_back(std::move(e));
    }
    std::ranges::reverse(out);
    return out;
}

Expected<std::vector<dns::Name>> AgentStore::children(const std::string& after, std::size_t limit) {
    const std::scoped_lock guard{mutex_};
    std::vector<dns::Name> out;
    auto q = db_->prepare("select name from child where name > ?1 union "
                          "select child from entry where child > ?1 order by 1 limit ?2");
    q.bind(1, after).bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        auto name = dns::Name::parse(q.text(0));
        if (!name) return std::unexpected(name.error());
        out.push_back(*std::move(name));
    }
}

Expected<std::vector<Tally>> AgentStore::tally() {
    const std::scoped_lock guard{mutex_};
    std::vector<Tally> out;
    auto q = db_->prepare("select kind, case when json_valid(detail) then "
                          "coalesce(json_extract(detail, '$.verdict.kind'), '') else '' end, count(*) from entry "
                          "where id in (select max(id) from entry where child is not null group by child) "
                          "group by 1, 2 order by 3 desc");
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        out.push_back({q.text(0), q.text(1), q.number(2)});
    }
}

Expected<void> AgentStore::prune(Instant until, std::size_t most) {
    return together([&]() -> Expected<void> {
        if (auto ok = db_->prepare("delete from entry where last < ?1").bind(1, micros(until)).run(); !ok) return ok;
        auto q =
            db_->prepare("delete from entry where id <= (select id from entry order by id desc limit 1 offset ?1)");
        if (auto ok = q.bind(1, static_cast<std::int64_t>(most)).run(); !ok) return ok;
        auto old = db_->prepare("delete from submission where state = 'closed' and at < ?1");
        return old.bind(1, micros(until)).run();
    });
}

Expected<void> AgentStore::begin(Submission& submission) {
    return together([&]() -> Expected<void> {
        auto q = db_->prepare("insert into submission (child, at, state, verdict, registry, keys, txn, said) "
                              "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, '') returning id");
        const auto name = submission.child.text();
        const auto verdict = json::serialize(accept::to_json(submission.verdict));
        const auto registry = json::serialize(accept::to_json(submission.registry));
        const auto keys = keys_to_text(submission.keys);
        q.bind(1, name).bind(2, micros(submission.at)).bind(3, text_of(submission.state)).bind(4, verdict);
        auto row = q.bind(5, registry).bind(6, keys).bind(7, submission.transaction).step();
        if (!row) return std::unexpected(row.error());
        submission.id = q.number(0);
        return {};
    });
}

Expected<void> AgentStore::move(const Submission& submission, const std::string& said) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("update submission set state = ?2, txn = ?3, said = ?4 where id = ?1");
    q.bind(1, submission.id).bind(2, text_of(submission.state));
    return q.bind(3, submission.transaction).bind(4, said).run();
}

Expected<std::vector<Submission>> AgentStore::submissions(store::Statement& q) {
    std::vector<Submission> out;
    for (;;) {
        auto row = q.step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return out;
        auto one = read_submission(q);
        if (!one) return std::unexpected(one.error());
        out.push_back(*std::move(one));
    }
}

Expected<std::vector<Submission>> AgentStore::open_submissions() {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select id, child, at, state, verdict, registry, keys, txn from submission "
                          "where state <> 'closed' order by id");
    return submissions(q);
}

Expected<std::vector<Submission>> AgentStore::open_submissions(const dns::Name& child) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select id, child, at, state, verdict, registry, keys, txn from submission "
                          "where child = ?1 and state <> 'closed' order by id");
    const auto name = child.text();
    q.bind(1, name);
    return submissions(q);
}

Expected<std::vector<Submission>> AgentStore::submissions_since(const dns::Name& child, Instant since) {
    const std::scoped_lock guard{mutex_};
    auto q = db_->prepare("select id, child, at, state, verdict, registry, keys, txn from submission "
                          "where child = ?1 and at >= ?2 order by id desc");
    const auto name = child.text();
    q.bind(1, name).bind(2, micros(since));
    return submissions(q);
}

} // namespace tutti::agent
