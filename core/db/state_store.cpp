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

Result<Written> apply(WriteContext& context, const writes::SetState& write) {
  Connection& connection = context.connection;
  KILN_TRY(const auto object, object_id(connection, write.object_name, write.class_name));
  return written(connection.run(
      "INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?) "
      "ON CONFLICT (objectid, name) DO UPDATE SET value_json = excluded.value_json",
      object, connection.fit(write.key, 255), dump_json_spaced(write.value)));
}

Result<Written> apply(WriteContext& context, const writes::FindObject& write) {
  KILN_TRY(const auto object, object_id(context.connection, write.object_name, write.class_name));
  Written found;
  found.id = object;
  return found;
}

Result<Written> apply(WriteContext& context, const writes::SetObjectState& write) {
  Connection& connection = context.connection;
  const std::string action =
      write.only_when_new ? "DO NOTHING" : "(objectid, name) DO UPDATE SET value_json = excluded.value_json";
  KILN_TRY(const std::int64_t rows,
           connection.run("INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?) ON CONFLICT " + action,
                          write.object, connection.fit(write.key, 255), dump_json_spaced(write.value)));
  Written done;
  done.ok = rows > 0;
  return done;
}

Result<std::optional<Json>> get_object_state(Connection& connection, std::int64_t object, std::string_view key) {
  const std::array<Value, 2> values{to_value(object), connection.fit(key, 255)};
  std::optional<std::string> text;
  KILN_TRY_VOID(connection.each("SELECT value_json FROM object_state WHERE objectid = ? AND name = ?", values,
                                [&](const Row& row) { text = row.text(0); }));
  if (!text) return std::optional<Json>();
  KILN_TRY(Json value, parse_json(*text));
  return std::optional<Json>(std::move(value));
}

Result<std::optional<Json>> get_state(Connection& connection, std::string_view object_name,
                                      std::string_view class_name, std::string_view key) {
  const std::array<Value, 3> values{connection.fit(object_name, 128), connection.fit(class_name, 128),
                                    connection.fit(key, 255)};
  std::optional<std::string> text;
  KILN_TRY_VOID(connection.each("SELECT s.value_json FROM object_state s JOIN objects o ON o.id = s.objectid "
                                "WHERE o.name = ? AND o.class_name = ? AND s.name = ?",
                                values, [&](const Row& row) { text = row.text(0); }));
  if (!text) return std::optional<Json>();
  KILN_TRY(Json value, parse_json(*text));
  return std::optional<Json>(std::move(value));
}

}  // namespace kiln::db
