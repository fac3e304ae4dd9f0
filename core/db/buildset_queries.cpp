// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <unordered_map>

#include "core/db/buildset_store.h"
#include "core/db/covers.h"
#include "core/db/sourcestamp_store.h"
#include "core/db/stored_properties.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"bsid", FieldKind::integer, "bs.id"},
    Field{"external_idstring", FieldKind::text, "bs.external_idstring", nullable},
    Field{"reason", FieldKind::text, "bs.reason", nullable},
    Field{"rebuilt_buildid", FieldKind::integer, "bs.rebuilt_buildid", nullable},
    Field{"submitted_at", FieldKind::integer, "bs.submitted_at"},
    Field{"complete", FieldKind::boolean, "bs.complete"},
    Field{"complete_at", FieldKind::integer, "bs.complete_at", nullable},
    Field{"results", FieldKind::integer, "bs.results", nullable},
    Field{"parent_buildid", FieldKind::integer, "bs.parent_buildid", nullable},
    Field{"parent_relationship", FieldKind::text, "bs.parent_relationship", nullable},
};
static_assert(covers<Buildset>(fields));

constexpr Entity entity{
    .columns = "bs.id, bs.external_idstring, bs.reason, bs.rebuilt_buildid, bs.submitted_at, bs.complete, "
               "bs.complete_at, bs.results, bs.parent_buildid, bs.parent_relationship",
    .from = "buildsets bs",
    .id = "bs.id",
    .fields = fields,
    .paging = Paging::in_sql,
};

Buildset buildset_of(const Row& row) {
  Buildset set;
  set.id = BuildsetId(row.integer(0));
  set.external_idstring = row.optional_text(1);
  set.reason = row.text(2);
  set.rebuilt_buildid = row.optional_id<BuildId>(3);
  set.submitted_at = row.integer(4);
  set.complete = row.flag(5);
  set.complete_at = row.optional_integer(6);
  if (!row.is_null(7)) set.results = static_cast<int>(row.integer(7));
  set.parent_buildid = row.optional_id<BuildId>(8);
  set.parent_relationship = row.optional_text(9);
  return set;
}

Result<void> add_sourcestamps(Connection& connection, std::vector<Buildset>& sets) {
  if (sets.empty()) return {};
  std::unordered_map<std::int64_t, Buildset*> by_id;
  IdList ids(connection.dialect());
  for (Buildset& set : sets) {
    by_id[set.id.value] = &set;
    ids.add(set.id);
  }
  const std::array<Value, 1> values{ids.value()};
  return connection.each(
      fmt::format("SELECT link.buildsetid, {} FROM buildset_sourcestamps link "
                  "JOIN sourcestamps ss ON ss.id = link.sourcestampid {} WHERE link.buildsetid IN ({}) ORDER BY link.id",
                  sourcestamp_columns, patch_join, ids_sql(connection.dialect())),
      values, [&](const Row& row) { by_id[row.integer(0)]->sourcestamps.push_back(sourcestamp_of(row, 1)); });
}

}  // namespace

Result<Rows<Buildset>> query_buildsets(Connection& connection, const BuildsetScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("bs.id = ?", *scope.id);
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<Buildset> page, select.rows(connection, buildset_of));
  KILN_TRY_VOID(add_sourcestamps(connection, page.rows));
  return page;
}

Result<Properties> query_buildset_properties(Connection& connection, BuildsetId buildset) {
  const std::array<Value, 1> values{to_value(buildset.value)};
  Properties properties;
  KILN_TRY_VOID(connection.each(
      "SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = ?", values,
      [&](const Row& row) { set_stored_pair(properties, row.view(0), row.view(1)); }));
  return properties;
}

Result<std::vector<std::pair<BuildsetId, Properties>>> query_waiting_properties(Connection& connection) {
  std::vector<std::pair<BuildsetId, Properties>> waiting;
  KILN_TRY_VOID(connection.each(
      "SELECT buildsetid, property_name, property_value FROM buildset_properties WHERE buildsetid IN "
      "(SELECT buildsetid FROM buildrequests r WHERE complete = 0 AND NOT EXISTS "
      "(SELECT 1 FROM buildrequest_claims c WHERE c.brid = r.id)) ORDER BY buildsetid",
      {}, [&](const Row& row) {
        const BuildsetId buildset(row.integer(0));
        if (waiting.empty() || waiting.back().first != buildset) waiting.emplace_back(buildset, Properties());
        set_stored_pair(waiting.back().second, row.view(1), row.view(2));
      }));
  return waiting;
}

}  // namespace kiln::db
