// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/db/build_store.h"
#include "core/db/covers.h"
#include "core/db/stored_properties.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"buildid", FieldKind::integer, "b.id"},
    Field{"number", FieldKind::integer, "b.number"},
    Field{"builderid", FieldKind::integer, "b.builderid"},
    Field{"buildrequestid", FieldKind::integer, "b.buildrequestid"},
    Field{"workerid", FieldKind::integer, "b.workerid", nullable},
    Field{"masterid", FieldKind::integer, "b.masterid"},
    Field{"started_at", FieldKind::integer, "b.started_at"},
    Field{"complete", FieldKind::present, "b.complete_at"},
    Field{"complete_at", FieldKind::integer, "b.complete_at", nullable},
    Field{"locks_duration_s", FieldKind::integer, "b.locks_duration_s"},
    Field{"results", FieldKind::integer, "b.results", nullable},
    Field{"state_string", FieldKind::text, "b.state_string"},
};
static_assert(covers<Build>(fields));

constexpr Entity entity{
    .columns = "b.id, b.number, b.builderid, b.buildrequestid, b.workerid, b.masterid, b.started_at, b.complete_at, "
               "b.locks_duration_s, b.results, b.state_string",
    .from = "builds b",
    .id = "b.id",
    .fields = fields,
    .paging = Paging::in_sql,
};

Build build_of(const Row& row) {
  Build build;
  build.id = BuildId(row.integer(0));
  build.number = row.integer(1);
  build.builderid = BuilderId(row.integer(2));
  build.buildrequestid = RequestId(row.integer(3));
  build.workerid = WorkerId(row.integer(4));
  build.masterid = MasterId(row.integer(5));
  build.started_at = row.integer(6);
  build.complete_at = row.optional_integer(7);
  build.complete = build.complete_at.has_value();
  build.locks_duration_s = row.integer(8);
  if (!row.is_null(9)) build.results = static_cast<Results>(row.integer(9));
  build.state_string = row.text(10);
  return build;
}

void add_scope(Select& select, const BuildScope& scope) {
  add_build_path(select, "b", scope.path);
  if (scope.request) select.where("b.buildrequestid = ?", *scope.request);
  if (scope.worker) select.where("b.workerid = ?", *scope.worker);
  if (scope.change) {
    select.where("b.buildrequestid IN (SELECT sr.id FROM changes sc "
                 "JOIN buildset_sourcestamps ss ON ss.sourcestampid = sc.sourcestampid "
                 "JOIN buildrequests sr ON sr.buildsetid = ss.buildsetid WHERE sc.changeid = ?)",
                 *scope.change);
  }
  if (scope.triggered_by) {
    select.where("b.buildrequestid IN (SELECT tr.id FROM buildsets ts "
                 "JOIN buildrequests tr ON tr.buildsetid = ts.id WHERE ts.parent_buildid = ?)",
                 *scope.triggered_by);
  }
}

// One statement for the whole page.
Result<void> add_properties(Connection& connection, std::vector<Build>& builds, const std::vector<std::string>& names) {
  if (builds.empty() || names.empty()) return {};
  std::unordered_map<std::int64_t, Build*> by_id;
  IdList ids(connection.dialect());
  for (Build& build : builds) {
    by_id[build.id.value] = &build;
    ids.add(build.id);
  }
  std::vector<Value> values{ids.value()};
  std::string sql = fmt::format("SELECT buildid, name, value, source FROM build_properties WHERE buildid IN ({})",
                                ids_sql(connection.dialect()));
  if (std::find(names.begin(), names.end(), "*") == names.end()) {
    std::string placeholders;
    for (const std::string& name : names) {
      values.emplace_back(std::string_view(name));
      placeholders += placeholders.empty() ? "?" : ", ?";
    }
    sql += fmt::format(" AND name IN ({})", placeholders);
  }
  return connection.each(sql, values, [&](const Row& row) {
    by_id[row.integer(0)]->properties.set(row.view(1), stored_json(row.view(2), row.view(1)), row.view(3));
  });
}

}  // namespace

Result<Rows<Build>> query_builds(Connection& connection, const BuildScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  add_scope(select, scope);
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<Build> page, select.rows(connection, build_of));
  KILN_TRY_VOID(add_properties(connection, page.rows, spec.properties));
  return page;
}

Result<Properties> query_build_properties(Connection& connection, BuildId build) {
  const std::array<Value, 1> values{to_value(build.value)};
  Properties properties;
  KILN_TRY_VOID(connection.each("SELECT name, value, source FROM build_properties WHERE buildid = ?", values,
                                [&](const Row& row) {
                                  properties.set(row.view(0), stored_json(row.view(1), row.view(0)), row.view(2));
                                }));
  return properties;
}

}  // namespace kiln::db
