// SPDX-License-Identifier: MIT
#include "core/db/config_store.h"

#include <fmt/format.h>

#include <unordered_map>

#include "core/db/hash.h"
#include "core/db/state_store.h"

namespace kiln::db {
namespace {

// Tables with a name, found by its hash: builders, schedulers, changesources, tags.
Result<std::int64_t> named_row(Connection& connection, std::string_view table, std::string_view name) {
  const std::string hash = name_hash(name);
  const std::string find = fmt::format("SELECT id FROM {} WHERE name_hash = ?", table);
  const std::string add =
      fmt::format("INSERT INTO {} (name, name_hash) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id", table);
  return find_or_add([&] { return connection.integer(find, hash); },
                     [&] { return connection.integer(add, name, hash); });
}

Result<std::int64_t> worker_row(Connection& connection, std::string_view name) {
  return find_or_add([&] { return connection.integer("SELECT id FROM workers WHERE name = ?", name); },
                     [&] {
                       return connection.integer(
                           "INSERT INTO workers (name, info) VALUES (?, '{}') ON CONFLICT DO NOTHING RETURNING id", name);
                     });
}

// Makes the second column's values for `owner` those of `wanted`, touching only what differs.
Result<void> set_links(Connection& connection, std::string_view table, std::string_view owner_column,
                       std::string_view other_column, std::int64_t owner, const std::vector<std::int64_t>& wanted) {
  IdList keep(connection.dialect());
  for (const std::int64_t id : wanted) keep.add(id);
  KILN_TRY_VOID(connection.run(fmt::format("DELETE FROM {} WHERE {} = ? AND {} NOT IN ({})", table, owner_column,
                                           other_column, ids_sql(connection.dialect())),
                               owner, keep.value()));
  const std::string add = fmt::format("INSERT INTO {} ({}, {}) VALUES (?, ?) ON CONFLICT DO NOTHING", table,
                                      owner_column, other_column);
  for (const std::int64_t id : wanted) KILN_TRY_VOID(connection.run(add, owner, id));
  return {};
}

Result<void> drop_own_rows_except(WriteContext& context, std::string_view table, std::string_view id_column,
                                  const std::vector<std::int64_t>& wanted) {
  IdList keep(context.connection.dialect());
  for (const std::int64_t id : wanted) keep.add(id);
  KILN_TRY_VOID(context.connection.run(fmt::format("DELETE FROM {} WHERE masterid = ? AND {} NOT IN ({})", table,
                                                   id_column, ids_sql(context.connection.dialect())),
                                       context.master, keep.value()));
  return {};
}

using WorkerIds = std::unordered_map<std::string_view, std::int64_t>;

Result<std::int64_t> builder_master(WriteContext& context, std::int64_t builder) {
  return find_or_add(
      [&] {
        return context.connection.integer("SELECT id FROM builder_masters WHERE builderid = ? AND masterid = ?",
                                          builder, context.master);
      },
      [&] {
        return context.connection.integer(
            "INSERT INTO builder_masters (builderid, masterid) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id",
            builder, context.master);
      });
}

Result<void> describe_builder(Connection& connection, std::int64_t id, const std::optional<std::string>& description,
                              const std::optional<std::string>& format, const std::optional<std::string>& html,
                              const std::vector<std::string>& tags) {
  KILN_TRY_VOID(
      connection.run("UPDATE builders SET description = ?, description_format = ?, description_html = ? WHERE id = ?",
                     description, format, html, id));
  std::vector<std::int64_t> tag_ids;
  for (const std::string& tag : tags) {
    KILN_TRY(const auto tag_id, named_row(connection, "tags", tag));
    tag_ids.push_back(tag_id);
  }
  return set_links(connection, "builders_tags", "builderid", "tagid", id, tag_ids);
}

Result<std::int64_t> apply_builder(WriteContext& context, const writes::BuilderRow& row, const WorkerIds& workers) {
  Connection& connection = context.connection;
  KILN_TRY(const auto id, named_row(connection, "builders", row.name));
  KILN_TRY_VOID(
      describe_builder(connection, id, row.description, row.description_format, row.description_html, row.tags));
  KILN_TRY(const auto link, builder_master(context, id));
  std::vector<std::int64_t> configured;
  for (const std::string& name : row.worker_names) {
    if (const auto it = workers.find(name); it != workers.end()) configured.push_back(it->second);
  }
  KILN_TRY_VOID(set_links(connection, "configured_workers", "buildermasterid", "workerid", link, configured));
  return id;
}

// Builders that this master had and that are gone from its configuration.
Result<void> drop_other_builders(WriteContext& context, const std::vector<std::int64_t>& builders) {
  Connection& connection = context.connection;
  IdList keep(connection.dialect());
  for (const std::int64_t id : builders) keep.add(id);
  const std::string_view kept = keep.value();
  KILN_TRY_VOID(connection.run(fmt::format("DELETE FROM configured_workers WHERE buildermasterid IN (SELECT id FROM "
                                           "builder_masters WHERE masterid = ? AND builderid NOT IN ({}))",
                                           ids_sql(connection.dialect())),
                               context.master, kept));
  KILN_TRY_VOID(connection.run(fmt::format("DELETE FROM builder_masters WHERE masterid = ? AND builderid NOT IN ({})",
                                           ids_sql(connection.dialect())),
                               context.master, kept));
  return {};
}

// One active master per scheduler or change source: whoever has the row keeps it.
Result<std::vector<std::int64_t>> apply_owned(WriteContext& context, const std::vector<writes::NamedRow>& rows,
                                              std::string_view table, std::string_view master_table,
                                              std::string_view id_column) {
  std::vector<std::int64_t> ids;
  for (const writes::NamedRow& row : rows) {
    KILN_TRY(const auto id, named_row(context.connection, table, row.name));
    ids.push_back(id);
    KILN_TRY_VOID(context.connection.run(
        fmt::format("INSERT INTO {} ({}, masterid) VALUES (?, ?) ON CONFLICT DO NOTHING", master_table, id_column), id,
        context.master));
    KILN_TRY_VOID(object_id(context.connection, row.name, row.class_name));
  }
  KILN_TRY_VOID(drop_own_rows_except(context, master_table, id_column, ids));
  return ids;
}

}  // namespace

Result<Written> apply(WriteContext& context, const writes::ApplyConfig& write) {
  std::vector<std::int64_t> worker_ids;
  WorkerIds by_name;
  for (const writes::NamedRow& row : write.workers) {
    KILN_TRY(const auto id, worker_row(context.connection, row.name));
    KILN_TRY_VOID(object_id(context.connection, row.name, row.class_name));
    worker_ids.push_back(id);
    by_name.emplace(row.name, id);
  }
  Written done;
  for (const writes::BuilderRow& row : write.builders) {
    KILN_TRY(const auto id, apply_builder(context, row, by_name));
    done.child_ids.push_back(id);
  }
  KILN_TRY_VOID(drop_other_builders(context, done.child_ids));
  KILN_TRY(const auto schedulers,
           apply_owned(context, write.schedulers, "schedulers", "scheduler_masters", "schedulerid"));
  KILN_TRY(const auto sources,
           apply_owned(context, write.change_sources, "changesources", "changesource_masters", "changesourceid"));
  for (const auto* ids : std::initializer_list<const std::vector<std::int64_t>*>{&worker_ids, &schedulers, &sources}) {
    done.child_ids.insert(done.child_ids.end(), ids->begin(), ids->end());
  }
  return done;
}

Result<Written> apply(WriteContext& context, const writes::AddVirtualBuilder& write) {
  Connection& connection = context.connection;
  Written done;
  KILN_TRY(done.id, named_row(connection, "builders", write.name));
  KILN_TRY(const auto masters,
           connection.integer("SELECT count(*) FROM builder_masters WHERE builderid = ?", done.id));
  if (masters.value_or(0) == 0) {
    KILN_TRY_VOID(describe_builder(connection, done.id, write.description, write.description_format, std::nullopt,
                                   write.tags));
  }
  return done;
}

}  // namespace kiln::db
