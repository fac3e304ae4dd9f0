// SPDX-License-Identifier: MIT
#include "core/db/schema.h"

#include <fmt/format.h>

#include <array>

#include "core/db/schema_tables.h"

namespace kiln::db {
namespace {

bool is_serial(const Table& table, const Column& column) {
  if (column.name != table.primary_key || column.type != "INTEGER") return false;
  for (const ForeignKey& key : table.foreign_keys) {
    if (key.column == column.name) return false;
  }
  return true;
}

std::string column_sql(const Table& table, const Column& column, Dialect dialect) {
  std::string_view type = column.type;
  if (dialect == Dialect::postgresql && type == "BLOB") type = "BYTEA";
  if (dialect == Dialect::postgresql && is_serial(table, column)) type = "SERIAL";
  std::string sql = fmt::format("{} {}", column.name, type);
  if (!column.default_value.empty()) sql += fmt::format(" DEFAULT {}", column.default_value);
  if (column.not_null) sql += " NOT NULL";
  return sql;
}

std::string named(std::string_view name, std::string constraint) {
  return name.empty() ? std::move(constraint) : fmt::format("CONSTRAINT {} {}", name, constraint);
}

std::string foreign_key_sql(const ForeignKey& key) {
  return named(key.name, fmt::format("FOREIGN KEY({}) REFERENCES {} ({}) ON DELETE {}", key.column, key.table,
                                     key.table_column, key.on_delete == OnDelete::cascade ? "CASCADE" : "SET NULL"));
}

std::string table_sql(const Table& table, Dialect dialect) {
  std::vector<std::string> parts;
  for (const Column& column : table.columns) parts.push_back(column_sql(table, column, dialect));
  if (!table.primary_key.empty()) {
    parts.push_back(named(table.primary_key_name, fmt::format("PRIMARY KEY ({})", table.primary_key)));
  }
  // PostgreSQL wants the other table to exist, and builds and buildsets refer to each other: added at the end there.
  if (dialect == Dialect::sqlite) {
    for (const ForeignKey& key : table.foreign_keys) parts.push_back(foreign_key_sql(key));
  }
  // The same layout as upstream's, down to the blank, so that both databases compare equal.
  return fmt::format("CREATE TABLE {} (\n\t{}\n)", table.name, fmt::join(parts, ", \n\t"));
}

constexpr std::array own_tables{
    "CREATE TABLE IF NOT EXISTS kiln_ids (name VARCHAR(40) NOT NULL, high BIGINT NOT NULL, PRIMARY KEY (name))",
    "CREATE TABLE IF NOT EXISTS kiln_batches (uuid VARCHAR(36) NOT NULL, committed_at BIGINT NOT NULL, "
    "PRIMARY KEY (uuid))",
};

constexpr std::array own_indexes{
    "CREATE INDEX IF NOT EXISTS kiln_builds_builderid ON builds (builderid, id)",
    "CREATE INDEX IF NOT EXISTS kiln_builds_incomplete ON builds (id) WHERE complete_at IS NULL",
    "CREATE INDEX IF NOT EXISTS kiln_buildsets_parent ON buildsets (parent_buildid)",
    "CREATE INDEX IF NOT EXISTS kiln_buildset_sourcestamps_ssid ON buildset_sourcestamps (sourcestampid)",
    "CREATE INDEX IF NOT EXISTS kiln_test_result_sets_buildid ON test_result_sets (buildid)",
    "CREATE INDEX IF NOT EXISTS kiln_test_results_setid ON test_results (test_result_setid)",
};

// Tables whose ids are in urls and file names. SQLite would give the id of a deleted last row again.
constexpr std::array lasting_ids{std::pair{"builds", "id"},         std::pair{"steps", "id"},
                                 std::pair{"logs", "id"},           std::pair{"buildsets", "id"},
                                 std::pair{"buildrequests", "id"},  std::pair{"changes", "changeid"}};

std::string high_water_trigger(std::string_view table, std::string_view id) {
  return fmt::format(
      "CREATE TRIGGER IF NOT EXISTS kiln_high_{0} AFTER DELETE ON {0} BEGIN "
      "INSERT INTO kiln_ids (name, high) VALUES ('{0}', OLD.{1}) "
      "ON CONFLICT (name) DO UPDATE SET high = max(high, excluded.high); END",
      table, id);
}

Result<std::optional<std::string>> first_text(Connection& connection, std::string_view sql) {
  std::optional<std::string> text;
  KILN_TRY_VOID(connection.each(sql, {}, [&](const Row& row) { text = row.text(0); }));
  return text;
}

Error wrong_version(std::string_view found) {
  return make_error(Errc::not_supported,
                    fmt::format("database version is {}, need {}: run 'kilnbot upgrade-master'", found, schema_version));
}

}  // namespace

std::vector<std::string> schema_statements(Dialect dialect) {
  std::vector<std::string> statements;
  for (const Table& table : upstream_tables()) {
    statements.push_back(table_sql(table, dialect));
    for (const Index& index : table.indexes) {
      statements.push_back(fmt::format("CREATE {}INDEX {} ON {} ({})", index.unique ? "UNIQUE " : "", index.name,
                                       table.name, index.columns));
    }
  }
  if (dialect == Dialect::sqlite) return statements;
  for (const Table& table : upstream_tables()) {
    for (const ForeignKey& key : table.foreign_keys) {
      statements.push_back(fmt::format("ALTER TABLE {} ADD {}", table.name, foreign_key_sql(key)));
    }
  }
  return statements;
}

Result<bool> has_table(Connection& connection, std::string_view name) {
  const std::string_view sql =
      connection.is_sqlite()
          ? "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
          : "SELECT count(*) FROM information_schema.tables WHERE table_name = ? AND table_schema = current_schema()";
  KILN_TRY(const auto count, connection.integer(sql, name));
  return count.value_or(0) > 0;
}

Result<void> create_schema(Connection& connection) {
  KILN_TRY(Transaction transaction, Transaction::begin(connection));
  for (const std::string& statement : schema_statements(connection.dialect())) {
    KILN_TRY_VOID(connection.script(statement));
  }
  KILN_TRY_VOID(connection.run("INSERT INTO alembic_version (version_num) VALUES (?)", schema_version));
  return transaction.commit();
}

Result<void> check_version(Connection& connection) {
  KILN_TRY(const bool stamped, has_table(connection, "alembic_version"));
  if (stamped) {
    KILN_TRY(const auto version, first_text(connection, "SELECT version_num FROM alembic_version"));
    if (!version) return wrong_version("missing");
    if (*version != schema_version) return wrong_version(*version);
    return {};
  }
  KILN_TRY(const bool old, has_table(connection, "migrate_version"));
  if (old) {
    KILN_TRY(const auto version, connection.integer("SELECT version FROM migrate_version"));
    return wrong_version(fmt::format("{} (from before Buildbot 3.0)", version.value_or(0)));
  }
  return make_error(Errc::not_found, "database has no tables: run 'kilnbot upgrade-master' to create them");
}

Result<void> add_own_objects(Connection& connection) {
  KILN_TRY(Transaction transaction, Transaction::begin(connection));
  for (const char* statement : own_tables) KILN_TRY_VOID(connection.script(statement));
  for (const char* statement : own_indexes) KILN_TRY_VOID(connection.script(statement));
  if (connection.is_sqlite()) {
    for (const auto& [table, id] : lasting_ids) KILN_TRY_VOID(connection.script(high_water_trigger(table, id)));
  }
  return transaction.commit();
}

}  // namespace kiln::db
