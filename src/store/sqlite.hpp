#pragma once
// SQLite in C++: a connection, statements that are prepared once, a transaction that rolls back unless committed.
#include "base/error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tutti::store {

class Statement { // one use of a prepared statement; gives it back when it goes
  public:
    explicit Statement(sqlite3_stmt* stmt) : stmt_(stmt) {}
    ~Statement() {
        sqlite3_reset(stmt_);
        sqlite3_clear_bindings(stmt_);
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, std::int64_t number);
    Statement& bind_or_null(int index, const std::optional<std::string>& text);
    Statement& bind_or_null(int index, std::optional<std::int64_t> number);
    // True: a row. False: finished.
    Expected<bool> step();
    // For statements without rows.
    Expected<void> run();

    std::string text(int column) const;
    std::int64_t number(int column) const { return sqlite3_column_int64(stmt_, column); }
    bool is_null(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }

  private:
    sqlite3_stmt* stmt_;
};

// The file and what SQLite puts beside it (same mode) are for this user alone.
Expected<void> create_private(const std::string& path);

class Connection {
  public:
    static Expected<std::unique_ptr<Connection>> open(const std::string& path);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // One or more statements without parameters.
    Expected<void> execute(const char* sql);
    // `sql` must outlive the connection (a literal): statements are kept by its address.
    Statement prepare(const char* sql);
    int changed() const { return sqlite3_changes(db_); }

  private:
    explicit Connection(sqlite3* db) : db_(db) {}
    sqlite3* db_;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

class Transaction {
  public:
    // Takes the write lock at once, so that a read-then-write cannot fail half way.
    static Expected<Transaction> begin(Connection& db);
    ~Transaction();
    Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Expected<void> commit();

  private:
    explicit Transaction(Connection& db) : db_(&db) {}
    Connection* db_;
};

} // namespace tutti::store
