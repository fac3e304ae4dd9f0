// SPDX-License-Identifier: MIT
#include "core/db/covers.h"
#include "core/db/log_store.h"

namespace kiln::db {
namespace {

constexpr std::array fields{
    Field{"logid", FieldKind::integer, "l.id"},
    Field{"name", FieldKind::text, "l.name"},
    Field{"slug", FieldKind::text, "l.slug"},
    Field{"stepid", FieldKind::integer, "l.stepid"},
    Field{"complete", FieldKind::boolean, "l.complete"},
    Field{"num_lines", FieldKind::integer, "l.num_lines"},
    Field{"type", FieldKind::text, "l.type"},
};
static_assert(covers<Log>(fields));

constexpr Entity entity{
    .columns = "l.id, l.name, l.slug, l.stepid, l.complete, l.num_lines, l.type",
    .from = "logs l",
    .id = "l.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

Log log_of(const Row& row) {
  Log log;
  log.id = LogId(row.integer(0));
  log.name = row.text(1);
  log.slug = row.text(2);
  log.stepid = StepId(row.integer(3));
  log.complete = row.flag(4);
  log.num_lines = row.integer(5);
  const std::string_view type = row.view(6);
  if (!type.empty()) log.type = static_cast<LogType>(type.front());
  return log;
}

}  // namespace

Result<Rows<Log>> query_logs(Connection& connection, const LogScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("l.id = ?", *scope.id);
  add_step_reference(select, "l.stepid", scope.step);
  if (scope.slug) select.where("l.slug = ?", *scope.slug);
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, log_of);
}

}  // namespace kiln::db
