#include "agent/agent_migrations.hpp"

// #embed (C23) puts the files in as they are.
#pragma clang diagnostic ignored "-Wc23-extensions"

namespace tutti::agent {

namespace {

constexpr char k001[] = {
#embed "migrations/001_init.sql"
    , 0};
constexpr store::Migration kMigrations[] = {{1, k001}};

} // namespace

std::span<const store::Migration> agent_migrations() {
    return kMigrations;
}

} // namespace tutti::agent
