// SPDX-License-Identifier: MIT
#include "core/db/master_store.h"

#include <array>

#include "core/base/log.h"
#include "core/db/hash.h"

namespace kiln::db {
namespace {

constexpr EpochSeconds silent_limit_s = 600;

constexpr std::array association_deletes{
    "DELETE FROM scheduler_masters WHERE masterid = ?",
    "DELETE FROM changesource_masters WHERE masterid = ?",
    "DELETE FROM connected_workers WHERE masterid = ?",
    "DELETE FROM configured_workers WHERE buildermasterid IN (SELECT id FROM builder_masters WHERE masterid = ?)",
    "DELETE FROM builder_masters WHERE masterid = ?",
};

Result<std::vector<BuildId>> retry_unfinished_builds(Connection& connection, MasterId master, EpochSeconds now) {
  const std::array<Value, 1> values{to_value(master)};
  // The + keeps the index on masterid out: it has all the builds there ever were.
  KILN_TRY(auto builds, rows_of(connection, "SELECT id FROM builds WHERE +masterid = ? AND complete_at IS NULL ORDER BY id",
                                values, [](const Row& row) { return BuildId(row.integer(0)); }));
  for (const BuildId build : builds) {
    KILN_TRY_VOID(connection.run(
        "UPDATE logs SET complete = 1 WHERE complete = 0 AND stepid IN (SELECT id FROM steps WHERE buildid = ?)", build));
    KILN_TRY_VOID(connection.run(
        "UPDATE steps SET complete_at = ?, results = ? WHERE buildid = ? AND complete_at IS NULL", now, Results::retry,
        build));
    KILN_TRY_VOID(connection.run("UPDATE builds SET complete_at = ?, results = ? WHERE id = ?", now, Results::retry,
                                 build));
  }
  return builds;
}

}  // namespace

Result<MasterId> master_row(Connection& connection, std::string_view name, EpochSeconds now) {
  const std::string hash = name_hash(name);
  KILN_TRY(const auto id,
           find_or_add([&] { return connection.integer("SELECT id FROM masters WHERE name_hash = ?", hash); },
                       [&] {
                         return connection.integer(
                             "INSERT INTO masters (name, name_hash, active, last_active) VALUES (?, ?, 0, ?) "
                             "ON CONFLICT DO NOTHING RETURNING id",
                             name, hash, now);
                       }));
  return MasterId(id);
}

Result<void> mark_active(Connection& connection, MasterId master, EpochSeconds now) {
  KILN_TRY_VOID(connection.run("UPDATE masters SET active = 1, last_active = ? WHERE id = ?", now, master));
  return {};
}

Result<std::vector<BuildId>> end_master(Connection& connection, MasterId master, EpochSeconds now) {
  KILN_TRY_VOID(connection.run("UPDATE masters SET active = 0 WHERE id = ?", master));
  for (const char* sql : association_deletes) KILN_TRY_VOID(connection.run(sql, master));
  KILN_TRY(auto builds, retry_unfinished_builds(connection, master, now));
  KILN_TRY_VOID(connection.run(
      "DELETE FROM buildrequest_claims WHERE masterid = ? AND brid IN "
      "(SELECT id FROM buildrequests WHERE complete = 0)",
      master));
  return builds;
}

Result<std::vector<BuildId>> expire_masters(Connection& connection, MasterId self, EpochSeconds now) {
  const std::array<Value, 2> values{to_value(self), to_value(now - silent_limit_s)};
  KILN_TRY(const auto silent,
           rows_of(connection, "SELECT id FROM masters WHERE active = 1 AND id <> ? AND last_active < ?", values,
                   [](const Row& row) { return MasterId(row.integer(0)); }));
  std::vector<BuildId> builds;
  for (const MasterId master : silent) {
    log_info("database: master {} was silent for ten minutes: expired", master.value);
    KILN_TRY(const auto ended, end_master(connection, master, now));
    builds.insert(builds.end(), ended.begin(), ended.end());
  }
  return builds;
}

Result<Written> apply(WriteContext& context, const writes::Heartbeat& write) {
  KILN_TRY_VOID(mark_active(context.connection, context.master, write.now));
  KILN_TRY(const auto builds, expire_masters(context.connection, context.master, write.now));
  Written done;
  for (const BuildId build : builds) done.child_ids.push_back(build.value);
  return done;
}

Result<Written> apply(WriteContext& context, const writes::StopMaster& write) {
  KILN_TRY(const auto builds, end_master(context.connection, context.master, write.now));
  Written done;
  for (const BuildId build : builds) done.child_ids.push_back(build.value);
  return done;
}

}  // namespace kiln::db
