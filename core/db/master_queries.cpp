// SPDX-License-Identifier: MIT
#include "core/db/covers.h"
#include "core/db/master_store.h"

namespace kiln::db {
namespace {

constexpr std::array fields{
    Field{"masterid", FieldKind::integer, "m.id"},
    Field{"name", FieldKind::text, "m.name"},
    Field{"active", FieldKind::boolean, "m.active"},
    Field{"last_active", FieldKind::integer, "m.last_active"},
};
static_assert(covers<Master>(fields));

constexpr Entity entity{
    .columns = "m.id, m.name, m.active, m.last_active",
    .from = "masters m",
    .id = "m.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

}  // namespace

Master master_of(const Row& row, int first_column) {
  Master master;
  master.id = MasterId(row.integer(first_column));
  master.name = row.text(first_column + 1);
  master.active = row.flag(first_column + 2);
  master.last_active = row.integer(first_column + 3);
  return master;
}

Result<Rows<Master>> query_masters(Connection& connection, const MasterScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("m.id = ?", *scope.id);
  if (scope.builder) {
    select.where("m.id IN (SELECT sb.masterid FROM builder_masters sb WHERE sb.builderid = ?)", *scope.builder);
  }
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, [](const Row& row) { return master_of(row, 0); });
}

}  // namespace kiln::db
