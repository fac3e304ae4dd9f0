// SPDX-License-Identifier: MIT
#include "core/db/buildset_store.h"

#include "core/db/sourcestamp_store.h"

namespace kiln::db {
namespace {

constexpr int results_while_incomplete = -1;

Result<std::int64_t> add_buildset_row(WriteContext& context, const writes::AddBuildset& write) {
  static const Sql sql = lasting_insert(
      "buildsets", "id",
      "external_idstring, reason, submitted_at, complete, complete_at, results, parent_buildid, parent_relationship, "
      "rebuilt_buildid",
      "?, ?, ?, ?, ?, ?, ?, ?, ?");
  Connection& connection = context.connection;
  const Buildset& set = write.buildset;
  const bool complete = write.requests.empty();
  const auto external = set.external_idstring ? std::optional(connection.fit(*set.external_idstring, 256)) : std::nullopt;
  return insert(connection, sql.of(connection), external, connection.fit(set.reason, 256), set.submitted_at, complete,
                complete ? std::optional(set.submitted_at) : std::nullopt,
                complete ? static_cast<int>(Results::success) : results_while_incomplete, set.parent_buildid,
                set.parent_relationship, set.rebuilt_buildid);
}

Result<void> add_properties(Connection& connection, std::int64_t buildset, const Properties& properties) {
  for (const Property& property : properties) {
    const std::string value = dump_json_spaced(JsonArray{property.value, property.source});
    KILN_TRY_VOID(connection.run(
        "INSERT INTO buildset_properties (buildsetid, property_name, property_value) VALUES (?, ?, ?)", buildset,
        connection.fit(property.name, 256), value));
  }
  return {};
}

Result<std::vector<std::int64_t>> add_sourcestamps(WriteContext& context, std::int64_t buildset,
                                                   const std::vector<SourceStamp>& stamps) {
  std::vector<std::int64_t> ids;
  for (const SourceStamp& stamp : stamps) {
    SourceStampId id = stamp.id;
    if (!id) {
      KILN_TRY(id, find_or_add_sourcestamp(context, stamp));
    }
    ids.push_back(id.value);
    KILN_TRY_VOID(context.connection.run(
        "INSERT INTO buildset_sourcestamps (buildsetid, sourcestampid) VALUES (?, ?) ON CONFLICT DO NOTHING", buildset,
        id));
  }
  return ids;
}

Result<std::vector<std::int64_t>> add_requests(WriteContext& context, std::int64_t buildset,
                                               const writes::AddBuildset& write) {
  static const Sql sql = lasting_insert(
      "buildrequests", "id", "buildsetid, builderid, priority, complete, results, submitted_at, waited_for",
      "?, ?, ?, 0, ?, ?, ?");
  std::vector<std::int64_t> ids;
  for (const writes::NewRequest& request : write.requests) {
    KILN_TRY(const auto id, insert(context.connection, sql.of(context.connection), buildset, request.builder,
                                   request.priority, results_while_incomplete, write.buildset.submitted_at,
                                   write.waited_for));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

Result<Written> apply(WriteContext& context, const writes::AddBuildset& write) {
  KILN_TRY(const auto id, add_buildset_row(context, write));
  KILN_TRY_VOID(add_properties(context.connection, id, write.properties));
  KILN_TRY(const auto stamps, add_sourcestamps(context, id, write.buildset.sourcestamps));
  KILN_TRY(auto children, add_requests(context, id, write));
  children.insert(children.end(), stamps.begin(), stamps.end());
  return Written{.id = id, .number = 0, .ok = true, .child_ids = std::move(children)};
}

Result<Written> apply(WriteContext& context, const writes::CompleteBuildset& write) {
  KILN_TRY(const auto changed,
           context.connection.run(
               "UPDATE buildsets SET complete = 1, results = ?, complete_at = ? WHERE id = ? AND complete <> 1",
               write.results, write.complete_at, write.buildset));
  return Written{.id = write.buildset.value, .number = 0, .ok = changed > 0, .child_ids = {}};
}

}  // namespace kiln::db
