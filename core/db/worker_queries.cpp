// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <unordered_map>

#include "core/db/covers.h"
#include "core/db/stored_properties.h"
#include "core/db/worker_store.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"workerid", FieldKind::integer, "w.id"},
    Field{"name", FieldKind::text, "w.name"},
    Field{"paused", FieldKind::boolean, "w.paused"},
    Field{"pause_reason", FieldKind::text, "w.pause_reason", nullable},
    Field{"graceful", FieldKind::boolean, "w.graceful"},
};
static_assert(covers<Worker>(fields));

constexpr Entity entity{
    .columns = "w.id, w.name, w.info, w.paused, w.pause_reason, w.graceful",
    .from = "workers w",
    .id = "w.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

Worker worker_of(const Row& row) {
  Worker worker;
  worker.id = WorkerId(row.integer(0));
  worker.name = row.text(1);
  Json info = stored_json(row.view(2), worker.name);
  if (info.is_object()) worker.workerinfo = std::move(info.get_object());
  worker.paused = row.flag(3);
  worker.pause_reason = row.optional_text(4);
  worker.graceful = row.flag(5);
  return worker;
}

// Only the associations that the path asks for, as upstream.
Result<void> add_associations(Connection& connection, std::vector<Worker>& workers, const WorkerScope& scope) {
  if (workers.empty()) return {};
  std::unordered_map<std::int64_t, Worker*> by_id;
  IdList ids(connection.dialect());
  for (Worker& worker : workers) {
    by_id[worker.id.value] = &worker;
    ids.add(worker.id);
  }
  const std::string_view list = ids_sql(connection.dialect());
  const std::array<Value, 1> values{ids.value()};
  KILN_TRY_VOID(connection.each(
      fmt::format("SELECT cw.workerid, bm.builderid, bm.masterid FROM configured_workers cw "
                  "JOIN builder_masters bm ON bm.id = cw.buildermasterid WHERE cw.workerid IN ({}) "
                  "ORDER BY bm.masterid, bm.builderid",
                  list),
      values, [&](const Row& row) {
        const ConfiguredOn on{BuilderId(row.integer(1)), MasterId(row.integer(2))};
        if (scope.builder && *scope.builder != on.builderid) return;
        if (scope.master && *scope.master != on.masterid) return;
        by_id[row.integer(0)]->configured_on.push_back(on);
      }));
  return connection.each(
      fmt::format("SELECT workerid, masterid FROM connected_workers WHERE workerid IN ({}) ORDER BY masterid", list),
      values, [&](const Row& row) {
        const MasterId master(row.integer(1));
        if (scope.master && *scope.master != master) return;
        by_id[row.integer(0)]->connected_to.push_back(master);
      });
}

}  // namespace

Result<Rows<Worker>> query_workers(Connection& connection, const WorkerScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("w.id = ?", *scope.id);
  if (scope.name) select.where("w.name = ?", *scope.name);
  constexpr std::string_view configured =
      "w.id IN (SELECT sc.workerid FROM configured_workers sc JOIN builder_masters sb ON sb.id = sc.buildermasterid "
      "WHERE {})";
  if (scope.master && scope.builder) {
    select.where(fmt::format(configured, "sb.masterid = ? AND sb.builderid = ?"), *scope.master, *scope.builder);
  } else if (scope.master) {
    select.where(fmt::format(configured, "sb.masterid = ?"), *scope.master);
  } else if (scope.builder) {
    select.where(fmt::format(configured, "sb.builderid = ?"), *scope.builder);
  }
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<Worker> page, select.rows(connection, worker_of));
  KILN_TRY_VOID(add_associations(connection, page.rows, scope));
  return page;
}

}  // namespace kiln::db
