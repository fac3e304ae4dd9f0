// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/db/covers.h"
#include "core/db/request_store.h"
#include "core/db/stored_properties.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"buildrequestid", FieldKind::integer, "r.id"},
    Field{"buildsetid", FieldKind::integer, "r.buildsetid"},
    Field{"builderid", FieldKind::integer, "r.builderid"},
    Field{"priority", FieldKind::integer, "r.priority"},
    Field{"claimed", FieldKind::present, "c.brid"},
    Field{"claimed_at", FieldKind::integer, "c.claimed_at", nullable},
    Field{"claimed_by_masterid", FieldKind::integer, "c.masterid", nullable},
    Field{"complete", FieldKind::boolean, "r.complete"},
    Field{"complete_at", FieldKind::integer, "r.complete_at", nullable},
    Field{"submitted_at", FieldKind::integer, "r.submitted_at"},
    Field{"results", FieldKind::integer, "r.results", nullable},
    Field{"waited_for", FieldKind::boolean, "r.waited_for"},
};
static_assert(covers<BuildRequest>(fields));

constexpr Entity entity{
    .columns = "r.id, r.buildsetid, r.builderid, r.priority, c.claimed_at, c.masterid, r.complete, r.results, "
               "r.submitted_at, r.complete_at, r.waited_for",
    .from = "buildrequests r LEFT JOIN buildrequest_claims c ON c.brid = r.id",
    .id = "r.id",
    .fields = fields,
    .paging = Paging::in_sql,
};

BuildRequest request_of(const Row& row) {
  BuildRequest request;
  request.id = RequestId(row.integer(0));
  request.buildsetid = BuildsetId(row.integer(1));
  request.builderid = BuilderId(row.integer(2));
  request.priority = static_cast<int>(row.integer(3));
  request.claimed_at = row.optional_integer(4);
  request.claimed = request.claimed_at.has_value();
  request.claimed_by_masterid = row.optional_id<MasterId>(5);
  request.complete = row.flag(6);
  if (!row.is_null(7)) request.results = static_cast<int>(row.integer(7));
  request.submitted_at = row.integer(8);
  request.complete_at = row.optional_integer(9);
  request.waited_for = row.flag(10);
  return request;
}

// A request's properties are its buildset's.
Result<void> add_properties(Connection& connection, std::vector<BuildRequest>& requests,
                            const std::vector<std::string>& names) {
  if (requests.empty() || names.empty()) return {};
  const bool all = std::find(names.begin(), names.end(), "*") != names.end();
  std::unordered_multimap<std::int64_t, BuildRequest*> by_buildset;
  IdList ids(connection.dialect());
  for (BuildRequest& request : requests) {
    request.properties.emplace();
    by_buildset.emplace(request.buildsetid.value, &request);
    ids.add(request.buildsetid);
  }
  const std::array<Value, 1> values{ids.value()};
  return connection.each(fmt::format("SELECT buildsetid, property_name, property_value FROM buildset_properties "
                                     "WHERE buildsetid IN ({})",
                                     ids_sql(connection.dialect())),
                         values, [&](const Row& row) {
                           if (!all && std::find(names.begin(), names.end(), row.view(1)) == names.end()) return;
                           const auto [first, last] = by_buildset.equal_range(row.integer(0));
                           for (auto it = first; it != last; ++it) {
                             set_stored_pair(*it->second->properties, row.view(1), row.view(2));
                           }
                         });
}

}  // namespace

Result<Rows<BuildRequest>> query_requests(Connection& connection, const RequestScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("r.id = ?", *scope.id);
  if (scope.builder) select.where("r.builderid = ?", *scope.builder);
  KILN_TRY_VOID(select.apply(spec));
  KILN_TRY(Rows<BuildRequest> page, select.rows(connection, request_of));
  KILN_TRY_VOID(add_properties(connection, page.rows, spec.properties));
  return page;
}

}  // namespace kiln::db
