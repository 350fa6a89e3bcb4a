#include "store/migrate.hpp"

#include <array>

// #embed (C23) puts the files in as they are.
#pragma clang diagnostic ignored "-Wc23-extensions"

namespace tutti::store {

namespace {

constexpr char k001[] = {
#embed "migrations/001_init.sql"
    , 0};

constexpr char k002[] = {
#embed "migrations/002_requests.sql"
    , 0};

constexpr std::array kMigrations = {Migration{1, k001}, Migration{2, k002}};

} // namespace

std::span<const Migration> migrations() {
    return kMigrations;
}

Expected<void> migrate(Connection& db, std::span<const Migration> all) {
    auto transaction = Transaction::begin(db);
    if (!transaction) return std::unexpected(transaction.error());
    std::int64_t version = 0;
    {
        auto q = db.prepare("select user_version from pragma_user_version");
        if (auto row = q.step(); !row) return std::unexpected(row.error());
        version = q.number(0);
    }
    if (!all.empty() && version > all.back().number)
        return fail(ErrorKind::unsupported, "it was made by a newer tutti (schema " + std::to_string(version) + ")",
                    "database", "use that version of tutti, or an older copy of the database");
    for (const auto& m : all) {
        if (m.number <= version) continue;
        if (auto ok = db.execute(m.sql); !ok) return ok;
        if (auto ok = db.execute(("pragma user_version = " + std::to_string(m.number)).c_str()); !ok) return ok;
    }
    return transaction->commit();
}

} // namespace tutti::store
