// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "core/db/dialects.h"

namespace kiln::db {
namespace {

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Errc errc_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return Errc::busy;
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID
                 ? Errc::conflict
                 : Errc::fatal;
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM: return Errc::storage_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::broken;
    default: return Errc::fatal;
  }
}

Error last_error(sqlite3* handle, std::string_view sql) {
  const int code = sqlite3_extended_errcode(handle);
  return make_error(errc_of(code), fmt::format("sqlite: {} ({}) in: {}", sqlite3_errmsg(handle), code, sql));
}

class SqliteStatement : public Statement {
 public:
  SqliteStatement(sqlite3* handle, sqlite3_stmt* statement) : handle_(handle), statement_(statement) {}
  ~SqliteStatement() override { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  Result<bool> start(std::span<const Value> values) override {
    KILN_CHECK(static_cast<int>(values.size()) == sqlite3_bind_parameter_count(statement_));
    int index = 0;
    for (const Value& value : values) bind(++index, value);
    return next();
  }

  Result<bool> next() override {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return last_error(handle_, sqlite3_sql(statement_));
  }

  void finish() override {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  std::int64_t rows_changed() const override { return sqlite3_changes64(handle_); }
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }

  std::string_view text(int column) const override {
    // blob() leaves text as it is stored: no check for a final NUL, bytes() is its length.
    const void* data = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                           ? sqlite3_column_blob(statement_, column)
                           : static_cast<const void*>(sqlite3_column_text(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
  }

 private:
  // The values outlive the run (Value borrows), so SQLite need not copy them.
  void bind(int index, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(statement_, index, *number);
    } else if (const auto* text_value = std::get_if<std::string_view>(&value)) {
      // A null pointer would bind NULL.
      sqlite3_bind_text64(statement_, index, text_value->empty() ? "" : text_value->data(), text_value->size(),
                          SQLITE_STATIC, SQLITE_UTF8);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      sqlite3_bind_blob64(statement_, index, blob->bytes.empty() ? "" : blob->bytes.data(), blob->bytes.size(),
                          SQLITE_STATIC);
    } else {
      sqlite3_bind_null(statement_, index);
    }
  }

  sqlite3* handle_;
  sqlite3_stmt* statement_;
};

class SqliteConnection : public Connection {
 public:
  explicit SqliteConnection(Handle handle) : Connection(Dialect::sqlite), handle_(std::move(handle)) {}
  ~SqliteConnection() override { drop_statements(); }

  Result<void> script(const std::string& sql) override {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return last_error(handle_.get(), sql);
    }
    return {};
  }

  // A COMMIT that fails leaves the transaction open or rolls it back: never in doubt.
  Result<void> commit() override { return run_prepared("COMMIT"); }
  Result<void> rollback() override { return run_prepared("ROLLBACK"); }

 protected:
  Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
      return last_error(handle_.get(), sql);
    }
    return std::unique_ptr<Statement>(std::make_unique<SqliteStatement>(handle_.get(), statement));
  }

 private:
  Result<void> run_prepared(std::string_view sql) {
    KILN_TRY_VOID(run(sql));
    return {};
  }

  Handle handle_;
};

Result<Handle> open_handle(const DatabaseUrl& url, int flags) {
  sqlite3* raw = nullptr;
  const std::string name = url.in_memory ? fmt::format("file:/{}?vfs=memdb", url.file) : url.file;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | (url.in_memory ? SQLITE_OPEN_URI : 0),
                                   nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK) {
    return make_error(Errc::storage_full, fmt::format("cannot open database {}: {}", url.display(),
                                                      raw == nullptr ? "out of memory" : sqlite3_errmsg(raw)));
  }
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(url.lock_timeout.count()));
  return handle;
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_sqlite(const DatabaseUrl& url, Access access, bool create) {
  std::error_code no_access;
  if (!url.in_memory && !create && !std::filesystem::exists(url.file, no_access) && !no_access) {
    return make_error(Errc::not_found,
                      fmt::format("database file {} does not exist: create it with 'kilnbot upgrade-master'", url.file));
  }
  const bool writes = access == Access::write || url.in_memory;
  KILN_TRY(Handle handle, open_handle(url, !writes  ? SQLITE_OPEN_READONLY
                                           : create || url.in_memory
                                               ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                               : SQLITE_OPEN_READWRITE));
  if (access == Access::write && sqlite3_db_readonly(handle.get(), "main") == 1) {
    return make_error(Errc::storage_full, fmt::format("database file {} is not writable: check its owner and mode", url.file));
  }
  auto connection = std::make_unique<SqliteConnection>(std::move(handle));
  if (access == Access::write && !url.in_memory) {
    KILN_TRY_VOID(connection->script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
  }
  KILN_TRY_VOID(connection->script("PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY"));
  return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace kiln::db
