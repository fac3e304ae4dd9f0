// SPDX-License-Identifier: MIT
#include "core/db/step_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddStep& write) {
  static const Sql sql = lasting_insert(
      "steps", "id", "number, name, buildid, started_at, locks_acquired_at, state_string, urls_json, hidden",
      "?, ?, ?, ?, ?, ?, '[]', 0");
  Connection& connection = context.connection;
  KILN_TRY(const auto id, insert(connection, sql.of(connection), write.number, connection.fit(write.name, 50),
                                 context.id(write.build), write.started_at, write.locks_acquired_at,
                                 write.state_string));
  return Written{.id = id, .number = write.number, .ok = true, .child_ids = {}};
}

Result<Written> apply(WriteContext& context, const writes::StartStep& write) {
  return written(context.connection.run("UPDATE steps SET started_at = ?, locks_acquired_at = ? WHERE id = ?",
                                        write.started_at, write.locks_acquired_at, context.id(write.step)));
}

Result<Written> apply(WriteContext& context, const writes::SetStepState& write) {
  return written(context.connection.run("UPDATE steps SET state_string = ? WHERE id = ?", write.state_string,
                                        context.id(write.step)));
}

Result<Written> apply(WriteContext& context, const writes::SetStepUrls& write) {
  JsonArray urls;
  for (const Url& url : write.urls) urls.push_back(JsonObject{{"name", url.name}, {"url", url.url}});
  return written(context.connection.run("UPDATE steps SET urls_json = ? WHERE id = ?", dump_json_spaced(urls),
                                        context.id(write.step)));
}

Result<Written> apply(WriteContext& context, const writes::FinishStep& write) {
  return written(context.connection.run(
      "UPDATE steps SET complete_at = ?, results = ?, state_string = ?, hidden = ? WHERE id = ?", write.complete_at,
      write.results, write.state_string, write.hidden, context.id(write.step)));
}

}  // namespace kiln::db
