// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/db/blame.h"
#include "core/db/change_store.h"
#include "core/db/covers.h"
#include "core/db/hash.h"
#include "core/db/sourcestamp_store.h"
#include "core/db/stored_properties.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"changeid", FieldKind::integer, "ch.changeid"},
    Field{"author", FieldKind::text, "ch.author"},
    Field{"committer", FieldKind::text, "ch.committer", nullable},
    Field{"comments", FieldKind::text, "ch.comments"},
    Field{"revision", FieldKind::text, "ch.revision", nullable},
    Field{"when_timestamp", FieldKind::integer, "ch.when_timestamp"},
    Field{"branch", FieldKind::text, "ch.branch", nullable},
    Field{"category", FieldKind::text, "ch.category", nullable},
    Field{"revlink", FieldKind::text, "ch.revlink", nullable},
    Field{"repository", FieldKind::text, "ch.repository"},
    Field{"project", FieldKind::text, "ch.project"},
    Field{"codebase", FieldKind::text, "ch.codebase"},
    Field{"files", FieldKind::text_list, "SELECT ff.filename FROM change_files ff WHERE ff.changeid = ch.changeid"},
    Field{"parent_changeids", FieldKind::integer_list,
          "SELECT fp.parent_changeids FROM changes fp "
          "WHERE fp.changeid = ch.changeid AND fp.parent_changeids IS NOT NULL"},
};
static_assert(covers<Change>(fields));

constexpr int first_sourcestamp_column = 13;
constexpr std::string_view columns =
    "ch.changeid, ch.author, ch.committer, ch.comments, ch.branch, ch.revision, ch.revlink, ch.when_timestamp, "
    "ch.category, ch.repository, ch.codebase, ch.project, ch.parent_changeids, "
    "ss.id, ss.branch, ss.revision, ss.repository, ss.project, ss.codebase, ss.created_at, "
    "pa.id, pa.patchlevel, pa.subdir, pa.patch_author, pa.patch_comment, pa.patch_base64";
constexpr std::string_view from =
    "changes ch JOIN sourcestamps ss ON ss.id = ch.sourcestampid LEFT JOIN patches pa ON pa.id = ss.patchid";

constexpr Entity all_changes{
    .columns = columns, .from = from, .id = "ch.changeid", .fields = fields, .paging = Paging::in_sql};
constexpr Entity some_changes{
    .columns = columns, .from = from, .id = "ch.changeid", .fields = fields, .paging = Paging::in_memory};

Change change_of(const Row& row) {
  Change change;
  change.id = ChangeId(row.integer(0));
  change.author = row.text(1);
  change.committer = row.optional_text(2);
  change.comments = row.text(3);
  change.branch = row.optional_text(4);
  change.revision = row.optional_text(5);
  change.revlink = row.optional_text(6);
  change.when_timestamp = row.integer(7);
  change.category = row.optional_text(8);
  change.repository = row.text(9);
  change.codebase = row.text(10);
  change.project = row.text(11);
  if (const auto parent = row.optional_id<ChangeId>(12)) change.parent_changeids.push_back(*parent);
  change.sourcestamp = sourcestamp_of(row, first_sourcestamp_column);
  return change;
}

Result<void> add_files_and_properties(Connection& connection, std::vector<Change>& changes) {
  if (changes.empty()) return {};
  std::unordered_map<std::int64_t, Change*> by_id;
  IdList ids(connection.dialect());
  for (Change& change : changes) {
    by_id[change.id.value] = &change;
    ids.add(change.id);
  }
  const std::array<Value, 1> values{ids.value()};
  const std::string_view list = ids_sql(connection.dialect());
  KILN_TRY_VOID(connection.each(
      fmt::format("SELECT changeid, filename FROM change_files WHERE changeid IN ({})", list), values,
      [&](const Row& row) { by_id[row.integer(0)]->files.push_back(row.text(1)); }));
  return connection.each(
      fmt::format("SELECT changeid, property_name, property_value FROM change_properties WHERE changeid IN ({})", list),
      values,
      [&](const Row& row) { set_stored_pair(by_id[row.integer(0)]->properties, row.view(1), row.view(2)); });
}

}  // namespace

Result<Rows<Change>> query_changes(Connection& connection, const ChangeScope& scope, const ResultSpec& spec) {
  const bool is_whole_collection = scope.build.empty() && !scope.sourcestamp;
  Select select(connection, is_whole_collection ? all_changes : some_changes);
  if (scope.id) select.where("ch.changeid = ?", *scope.id);
  if (scope.sourcestamp) {
    select.where("ch.changeid = (SELECT max(sc.changeid) FROM changes sc WHERE sc.sourcestampid = ?)",
                 *scope.sourcestamp);
  }
  if (!scope.build.empty()) {
    KILN_TRY(const std::vector<ChangeId> ids, changes_of_build(connection, scope.build));
    IdList list(connection.dialect());
    for (const ChangeId id : ids) list.add(id);
    select.where(fmt::format("ch.changeid IN ({})", ids_sql(connection.dialect())), list.value());
  }
  if (!is_whole_collection) select.default_order("ch.changeid DESC");
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<Change> page, select.rows(connection, change_of));
  if (is_whole_collection) std::reverse(page.rows.begin(), page.rows.end());
  KILN_TRY_VOID(add_files_and_properties(connection, page.rows));
  return page;
}

Result<std::vector<Change>> query_changes_of_stamps(Connection& connection, const std::vector<SourceStamp>& stamps) {
  std::vector<Change> changes;
  for (const SourceStamp& stamp : stamps) {
    if (stamp.patch) continue;
    KILN_TRY(const auto id, connection.integer("SELECT id FROM sourcestamps WHERE ss_hash = ?",
                                               sourcestamp_hash(stamp, std::nullopt)));
    if (!id) continue;
    ChangeScope scope;
    scope.sourcestamp = SourceStampId(*id);
    KILN_TRY(auto page, query_changes(connection, scope, {}));
    if (!page.rows.empty()) changes.push_back(std::move(page.rows.front()));
  }
  return changes;
}

Result<Properties> query_change_properties(Connection& connection, ChangeId change) {
  const std::array<Value, 1> values{to_value(change.value)};
  Properties properties;
  KILN_TRY_VOID(connection.each("SELECT property_name, property_value FROM change_properties WHERE changeid = ?",
                                values,
                                [&](const Row& row) { set_stored_pair(properties, row.view(0), row.view(1)); }));
  return properties;
}

}  // namespace kiln::db
