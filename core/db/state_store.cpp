// SPDX-License-Identifier: MIT
#include "core/db/state_store.h"

namespace kiln::db {

Result<std::int64_t> object_id(Connection& connection, std::string_view name, std::string_view class_name) {
  const std::string_view stored_name = connection.fit(name, 128);
  const std::string_view stored_class = connection.fit(class_name, 128);
  return find_or_add(
      [&] {
        return connection.integer("SELECT id FROM objects WHERE name = ? AND class_name = ?", stored_name,
                                  stored_class);
      },
      [&] {
        return connection.integer(
            "INSERT INTO objects (name, class_name) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id", stored_name,
            stored_class);
      });
}

namespace {

constexpr std::string_view add_value = "INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?) ON CONFLICT ";
constexpr std::string_view or_replace = "(objectid, name) DO UPDATE SET value_json = excluded.value_json";

// How many rows were written: none when there is a value that is not replaced.
Result<std::int64_t> put(Connection& connection, std::int64_t object, std::string_view key, const Json& value,
                         bool replaces) {
  const std::string sql = std::string(add_value) + std::string(replaces ? or_replace : "DO NOTHING");
  return connection.run(sql, object, connection.fit(key, 255), dump_json_spaced(value));
}

// The value that the query gives, if any.
Result<std::optional<Json>> stored_value(Connection& connection, std::string_view sql, std::span<const Value> values) {
  std::optional<std::string> text;
  KILN_TRY_VOID(connection.each(sql, values, [&](const Row& row) { text = row.text(0); }));
  if (!text) return std::optional<Json>();
  KILN_TRY(Json value, parse_json(*text));
  return std::optional<Json>(std::move(value));
}

}  // namespace

Result<Written> apply(WriteContext& context, const writes::SetState& write) {
  KILN_TRY(const auto object, object_id(context.connection, write.object_name, write.class_name));
  return written(put(context.connection, object, write.key, write.value, true));
}

Result<Written> apply(WriteContext& context, const writes::FindObject& write) {
  KILN_TRY(const auto object, object_id(context.connection, write.object_name, write.class_name));
  Written found;
  found.id = object;
  return found;
}

Result<Written> apply(WriteContext& context, const writes::SetObjectState& write) {
  KILN_TRY(const auto rows, put(context.connection, write.object, write.key, write.value, !write.only_when_new));
  Written done;
  done.ok = rows > 0;
  return done;
}

Result<std::optional<Json>> get_object_state(Connection& connection, std::int64_t object, std::string_view key) {
  const std::array<Value, 2> values{to_value(object), connection.fit(key, 255)};
  return stored_value(connection, "SELECT value_json FROM object_state WHERE objectid = ? AND name = ?", values);
}

Result<std::optional<Json>> get_state(Connection& connection, std::string_view object_name,
                                      std::string_view class_name, std::string_view key) {
  const std::array<Value, 3> values{connection.fit(object_name, 128), connection.fit(class_name, 128),
                                    connection.fit(key, 255)};
  return stored_value(connection,
                      "SELECT s.value_json FROM object_state s JOIN objects o ON o.id = s.objectid "
                      "WHERE o.name = ? AND o.class_name = ? AND s.name = ?",
                      values);
}

}  // namespace kiln::db
