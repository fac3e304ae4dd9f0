// SPDX-License-Identifier: MIT
#include "core/db/build_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddBuild& write) {
  static const Sql sql = [] {
    Sql both = lasting_insert("builds", "id",
                              "number, builderid, buildrequestid, workerid, masterid, started_at, locks_duration_s, "
                              "state_string",
                              "(SELECT coalesce(max(number), 0) + 1 FROM builds WHERE builderid = ?), ?, ?, ?, ?, ?, 0, ?");
    both.sqlite += ", number";
    both.postgresql += ", number";
    return both;
  }();
  const std::array<Value, 7> values{to_value(write.builder), to_value(write.builder),   to_value(write.request),
                                    to_value(write.worker),  to_value(context.master),  to_value(write.started_at),
                                    to_value(write.state_string)};
  Written made;
  const auto result = context.connection.each(sql.of(context.connection), values, [&](const Row& row) {
    made.id = row.integer(0);
    made.number = row.integer(1);
  });
  if (result.has_error()) {
    Error error = result.error();
    // Another master took the number: the next try sees its row.
    const bool number_taken = error.what.find("builds_number") != std::string::npos;
    if (error.code == Errc::conflict && number_taken) error.code = Errc::busy;
    return error;
  }
  return made;
}

Result<Written> apply(WriteContext& context, const writes::SetBuildState& write) {
  return written(context.connection.run("UPDATE builds SET state_string = ? WHERE id = ?", write.state_string,
                                        context.id(write.build)));
}

Result<Written> apply(WriteContext& context, const writes::SetBuildProperties& write) {
  Connection& connection = context.connection;
  const BuildId build = context.id(write.build);
  for (const Property& property : write.properties) {
    const std::string value = dump_json_spaced(property.value);
    const std::string_view name = connection.fit(property.name, 256);
    const std::string_view source = connection.fit(property.source, 256);
    KILN_TRY(const auto changed,
             connection.run("UPDATE build_properties SET value = ?, source = ? WHERE buildid = ? AND name = ?", value,
                            source, build, name));
    if (changed > 0) continue;
    KILN_TRY_VOID(connection.run("INSERT INTO build_properties (buildid, name, value, source) VALUES (?, ?, ?, ?)",
                                 build, name, value, source));
  }
  return Written{};
}

Result<Written> apply(WriteContext& context, const writes::SetBuildData& write) {
  Connection& connection = context.connection;
  return written(connection.run(
      "INSERT INTO build_data (buildid, name, value, length, source) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (buildid, name) DO UPDATE SET value = excluded.value, length = excluded.length, "
      "source = excluded.source",
      context.id(write.build), connection.fit(write.name, 256), Blob{write.value},
      static_cast<std::int64_t>(write.value.size()), connection.fit(write.source, 256)));
}

Result<Written> apply(WriteContext& context, const writes::FinishBuild& write) {
  return written(context.connection.run(
      "UPDATE builds SET complete_at = ?, results = ?, state_string = ?, locks_duration_s = ? WHERE id = ?",
      write.complete_at, write.results, write.state_string, write.locks_duration_s, context.id(write.build)));
}

}  // namespace kiln::db
