// SPDX-License-Identifier: MIT
#include "core/app/reconcile_logs.h"

#include "core/base/log.h"
#include "core/db/log_store.h"
#include "core/db/scopes.h"

namespace kiln::app {
namespace {

Result<Rows<Log>> logs_of(db::Database& db, BuildId build) {
  db::LogScope scope;
  scope.step.build.id = build;
  return db.read_now<Rows<Log>>([scope](db::Connection& connection) { return db::query_logs(connection, scope, {}); });
}

}  // namespace

Result<void> reconcile_logs(db::Database& db, logs::LogStore& logs, std::span<const BuildId> builds) {
  Unit unit;
  for (const BuildId build : builds) {
    const auto rows = logs_of(db, build);
    if (!rows) return rows.error();
    for (const Log& log : rows->rows) {
      const auto lines = logs.line_count(build, log.id);
      if (!lines) return lines.error();
      if (*lines != log.num_lines) unit.add(writes::FinishLog{log.id, *lines});
    }
    logs.finish_build(build, [build](const Result<void>& finished) {
      if (!finished) log_warning("closing the log file of build {}: {}", build.value, finished.error().what);
    });
  }
  if (!unit.empty()) db.journal().commit(std::move(unit));
  return {};
}

}  // namespace kiln::app
