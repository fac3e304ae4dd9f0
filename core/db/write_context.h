// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/db/connection.h"
#include "core/model/unit.h"

namespace kiln::db {

// What the writes of one unit need.
struct WriteContext {
  Connection& connection;
  MasterId master;
  EpochSeconds now;
  Committed done;  // by the earlier writes of the unit

  template <class IdType>
  IdType id(const RowRef<IdType>& ref) const {
    if (ref.write < 0) return ref.id;
    KILN_CHECK(static_cast<std::size_t>(ref.write) < done.size());
    return IdType(done[static_cast<std::size_t>(ref.write)].id);
  }
};

// One statement as each dialect wants it.
struct Sql {
  std::string sqlite;
  std::string postgresql;
  const std::string& of(const Connection& connection) const { return connection.is_sqlite() ? sqlite : postgresql; }
};

// An insert that answers the new row's id, which was never another row's (schema.cpp: lasting_ids).
Sql lasting_insert(std::string_view table, std::string_view id_column, std::string_view columns,
                   std::string_view values);

// Runs a statement whose first answer is a new row's id.
template <class... Args>
Result<std::int64_t> insert(Connection& connection, std::string_view sql, const Args&... args) {
  KILN_TRY(const auto id, connection.integer(sql, args...));
  if (!id) return make_error(Errc::fatal, "insert gave no id: " + std::string(sql));
  return *id;
}

// The row of `sql_find`, else the one that `sql_add` makes (with ON CONFLICT DO NOTHING: another master may be first).
template <class Find, class Add>
Result<std::int64_t> find_or_add(Find&& find, Add&& add) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    KILN_TRY(const std::optional<std::int64_t> found, find());
    if (found) return *found;
    KILN_TRY(const std::optional<std::int64_t> added, add());
    if (added) return *added;
  }
  return make_error(Errc::busy, "another master keeps adding and removing the same row");
}

inline Result<Written> written(Result<std::int64_t> rows_changed) {
  if (rows_changed.has_error()) return rows_changed.error();
  return Written{};
}

// Does one write and appends what it did to context.done.
Result<void> apply_write(WriteContext& context, const Write& write);

}  // namespace kiln::db
