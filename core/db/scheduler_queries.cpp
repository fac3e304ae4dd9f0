// SPDX-License-Identifier: MIT
#include "core/db/covers.h"
#include "core/db/master_store.h"
#include "core/db/scheduler_store.h"

namespace kiln::db {
namespace {

constexpr std::array scheduler_fields{
    Field{"schedulerid", FieldKind::integer, "sd.id"},
    Field{"name", FieldKind::text, "sd.name"},
    Field{"enabled", FieldKind::boolean, "sd.enabled"},
};
static_assert(covers<Scheduler>(scheduler_fields));
constexpr Entity schedulers{
    .columns = "sd.id, sd.name, sd.enabled, m.id, m.name, m.active, m.last_active",
    .from = "schedulers sd LEFT JOIN scheduler_masters sm ON sm.schedulerid = sd.id "
            "LEFT JOIN masters m ON m.id = sm.masterid",
    .id = "sd.id",
    .fields = scheduler_fields,
    .paging = Paging::in_memory,
};

constexpr std::array change_source_fields{
    Field{"changesourceid", FieldKind::integer, "cs.id"},
    Field{"name", FieldKind::text, "cs.name"},
};
static_assert(covers<ChangeSource>(change_source_fields));
constexpr Entity change_sources{
    .columns = "cs.id, cs.name, m.id, m.name, m.active, m.last_active",
    .from = "changesources cs LEFT JOIN changesource_masters sm ON sm.changesourceid = cs.id "
            "LEFT JOIN masters m ON m.id = sm.masterid",
    .id = "cs.id",
    .fields = change_source_fields,
    .paging = Paging::in_memory,
};

}  // namespace

Result<Rows<Scheduler>> query_schedulers(Connection& connection, const SchedulerScope& scope, const ResultSpec& spec) {
  Select select(connection, schedulers);
  if (scope.id) select.where("sd.id = ?", *scope.id);
  if (scope.master) select.where("sm.masterid = ?", *scope.master);
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, [](const Row& row) {
    Scheduler scheduler;
    scheduler.id = SchedulerId(row.integer(0));
    scheduler.name = row.text(1);
    scheduler.enabled = row.flag(2);
    if (!row.is_null(3)) scheduler.master = master_of(row, 3);
    return scheduler;
  });
}

Result<Rows<ChangeSource>> query_change_sources(Connection& connection, const ChangeSourceScope& scope,
                                                const ResultSpec& spec) {
  Select select(connection, change_sources);
  if (scope.id) select.where("cs.id = ?", *scope.id);
  if (scope.master) select.where("sm.masterid = ?", *scope.master);
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, [](const Row& row) {
    ChangeSource source;
    source.id = ChangeSourceId(row.integer(0));
    source.name = row.text(1);
    if (!row.is_null(2)) source.master = master_of(row, 2);
    return source;
  });
}

}  // namespace kiln::db
