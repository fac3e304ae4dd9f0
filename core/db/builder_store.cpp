// SPDX-License-Identifier: MIT
#include "core/db/builder_store.h"

#include <fmt/format.h>

#include <unordered_map>

#include "core/db/covers.h"
#include "core/db/hash.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"builderid", FieldKind::integer, "bu.id"},
    Field{"name", FieldKind::text, "bu.name"},
    Field{"description", FieldKind::text, "bu.description", nullable},
    Field{"description_format", FieldKind::text, "bu.description_format", nullable},
    Field{"description_html", FieldKind::text, "bu.description_html", nullable},
    Field{"projectid", FieldKind::integer, "bu.projectid", nullable},
    Field{"masterids", FieldKind::integer_list,
          "SELECT fm.masterid FROM builder_masters fm JOIN masters fa ON fa.id = fm.masterid "
          "WHERE fm.builderid = bu.id AND fa.active = 1"},
    Field{"tags", FieldKind::text_list,
          "SELECT ft.name FROM builders_tags fb JOIN tags ft ON ft.id = fb.tagid WHERE fb.builderid = bu.id"},
};
static_assert(covers<Builder>(fields));

constexpr Entity entity{
    .columns = "bu.id, bu.name, bu.description, bu.description_format, bu.description_html, bu.projectid",
    .from = "builders bu",
    .id = "bu.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

Builder builder_of(const Row& row) {
  Builder builder;
  builder.id = BuilderId(row.integer(0));
  builder.name = row.text(1);
  builder.description = row.optional_text(2);
  builder.description_format = row.optional_text(3);
  builder.description_html = row.optional_text(4);
  builder.projectid = row.optional_id<ProjectId>(5);
  return builder;
}

Result<void> add_lists(Connection& connection, std::vector<Builder>& builders) {
  if (builders.empty()) return {};
  std::unordered_map<std::int64_t, Builder*> by_id;
  IdList ids(connection.dialect());
  for (Builder& builder : builders) {
    by_id[builder.id.value] = &builder;
    ids.add(builder.id);
  }
  const std::array<Value, 1> values{ids.value()};
  const std::string_view list = ids_sql(connection.dialect());
  KILN_TRY_VOID(connection.each(
      fmt::format("SELECT bm.builderid, bm.masterid FROM builder_masters bm JOIN masters m ON m.id = bm.masterid "
                  "WHERE m.active = 1 AND bm.builderid IN ({}) ORDER BY bm.masterid",
                  list),
      values, [&](const Row& row) { by_id[row.integer(0)]->masterids.emplace_back(row.integer(1)); }));
  return connection.each(
      fmt::format("SELECT bt.builderid, t.name FROM builders_tags bt JOIN tags t ON t.id = bt.tagid "
                  "WHERE bt.builderid IN ({}) ORDER BY bt.id",
                  list),
      values, [&](const Row& row) { by_id[row.integer(0)]->tags.push_back(row.text(1)); });
}

}  // namespace

Result<Rows<Builder>> query_builders(Connection& connection, const BuilderScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("bu.id = ?", *scope.id);
  if (scope.name) select.where("bu.name_hash = ?", name_hash(*scope.name));
  if (scope.project) select.where("bu.projectid = ?", *scope.project);
  if (scope.master) {
    select.where("bu.id IN (SELECT sm.builderid FROM builder_masters sm WHERE sm.masterid = ?)", *scope.master);
  }
  if (scope.worker) {
    select.where("bu.id IN (SELECT sb.builderid FROM builder_masters sb JOIN configured_workers sc "
                 "ON sc.buildermasterid = sb.id WHERE sc.workerid = ?)",
                 *scope.worker);
  }
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<Builder> page, select.rows(connection, builder_of));
  KILN_TRY_VOID(add_lists(connection, page.rows));
  return page;
}

}  // namespace kiln::db
