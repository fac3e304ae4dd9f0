// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/db/try.h"
#include "core/db/url.h"
#include "core/db/value.h"

namespace kiln::db {

// A prepared statement of one connection.
class Statement {
 public:
  virtual ~Statement() = default;
  // Binds and runs. True: a row stands ready.
  virtual Result<bool> start(std::span<const Value> values) = 0;
  virtual Result<bool> next() = 0;
  virtual void finish() = 0;
  virtual std::int64_t rows_changed() const = 0;

  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // also bytes; valid until next()
};

// The row a statement stands on.
class Row {
 public:
  explicit Row(const Statement& statement) : statement_(statement) {}

  bool is_null(int column) const { return statement_.is_null(column); }
  std::int64_t integer(int column) const { return statement_.integer(column); }
  bool flag(int column) const { return integer(column) != 0; }
  std::string_view view(int column) const { return statement_.text(column); }
  std::string text(int column) const { return std::string(statement_.text(column)); }
  std::optional<std::int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::optional<std::string> optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
  }
  template <class IdType>
  std::optional<IdType> optional_id(int column) const {
    return is_null(column) ? std::nullopt : std::optional(IdType(integer(column)));
  }

 private:
  const Statement& statement_;
};

// One connection to the database, used by one thread at a time. SQL has `?` for each bound value, in both dialects.
class Connection {
 public:
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Dialect dialect() const { return dialect_; }
  bool is_sqlite() const { return dialect_ == Dialect::sqlite; }

  // Calls on_row(const Row&) for each row of the answer.
  template <class OnRow>
  Result<void> each(std::string_view sql, std::span<const Value> values, OnRow&& on_row) {
    KILN_TRY(const Lease lease, take(sql));
    Result<bool> more = lease->start(values);
    while (more.has_value() && *more) {
      on_row(Row(*lease));
      more = lease->next();
    }
    if (more.has_error()) return more.error();
    return {};
  }
  // The number of rows changed.
  template <class... Args>
  Result<std::int64_t> run(std::string_view sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{to_value(args)...};
    return run_values(sql, values);
  }
  // The first column of the first row; nothing: no row or NULL.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{to_value(args)...};
    return integer_values(sql, values);
  }
  Result<std::int64_t> run_values(std::string_view sql, std::span<const Value> values);
  Result<std::optional<std::int64_t>> integer_values(std::string_view sql, std::span<const Value> values);

  // Statements without values, separated by `;`: the schema.
  virtual Result<void> script(const std::string& sql) = 0;
  virtual Result<void> commit() = 0;
  virtual Result<void> rollback() = 0;

  // `text` cut on a character border to what the column takes. Only PostgreSQL enforces column widths.
  std::string_view fit(std::string_view text, std::size_t max_characters) const;

 protected:
  explicit Connection(Dialect dialect) : dialect_(dialect) {}
  virtual Result<std::unique_ptr<Statement>> prepare(std::string_view sql) = 0;
  // The cache has to go before the handle that the statements belong to.
  void drop_statements() { cache_.clear(); }

 private:
  struct Cached {
    std::unique_ptr<Statement> statement;  // null while in use
    std::uint64_t used = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct GiveBack {
    Cached* slot = nullptr;  // null: a second statement of the same text, not kept
    void operator()(Statement* statement) const;
  };
  using Lease = std::unique_ptr<Statement, GiveBack>;

  Result<Lease> take(std::string_view sql);
  void drop_oldest_statement();

  Dialect dialect_;
  std::unordered_map<std::string, Cached, Hash, std::equal_to<>> cache_;
  std::uint64_t uses_ = 0;
};

enum class Access { write, read };
Result<std::unique_ptr<Connection>> connect(const DatabaseUrl& url, Access access);
// Makes an empty database file where a SQLite url names none.
Result<std::unique_ptr<Connection>> connect_creating(const DatabaseUrl& url);

// Rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection, Access access = Access::write);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // On failure nothing was committed, unless the code is in_doubt.
  Result<void> commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

// Calls Row -> T on each row.
template <class OnRow>
auto rows_of(Connection& connection, std::string_view sql, std::span<const Value> values, OnRow&& on_row)
    -> Result<std::vector<std::invoke_result_t<OnRow, const Row&>>> {
  std::vector<std::invoke_result_t<OnRow, const Row&>> rows;
  KILN_TRY_VOID(connection.each(sql, values, [&](const Row& row) { rows.push_back(on_row(row)); }));
  return rows;
}

// A list of ids as one bound value: `... WHERE x IN (` + ids_sql(dialect) + `)` with ids_value() bound.
std::string_view ids_sql(Dialect dialect);
class IdList {
 public:
  explicit IdList(Dialect dialect) : text_(dialect == Dialect::sqlite ? "[" : "{"), dialect_(dialect) {}
  void add(std::int64_t id);
  template <class Tag>
  void add(Id<Tag> id) {
    add(id.value);
  }
  bool empty() const { return text_.size() == 1; }
  // For one use: ends the list.
  std::string_view value();

 private:
  std::string text_;
  Dialect dialect_;
  bool ended_ = false;
};

}  // namespace kiln::db
