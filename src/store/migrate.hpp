#pragma once
// Brings a database to the present schema. Migrations are numbered files, each applied once, in one transaction.
#include "store/sqlite.hpp"

#include <span>

namespace tutti::store {

struct Migration {
    int number;
    const char* sql;
};
std::span<const Migration> migrations();

// Refuses a database made by a newer program: what it means is not known here.
Expected<void> migrate(Connection& db, std::span<const Migration> migrations);

} // namespace tutti::store
