// SPDX-License-Identifier: MIT
#include "core/db/change_store.h"

#include "core/db/sourcestamp_store.h"

namespace kiln::db {
namespace {

// The newest earlier change of the same line of development.
Result<std::optional<std::int64_t>> find_parent(Connection& connection, const Change& change) {
  if (!change.branch) {
    return connection.integer(
        "SELECT max(changeid) FROM changes WHERE branch IS NULL AND repository = ? AND project = ? AND codebase = ?",
        change.repository, change.project, change.codebase);
  }
  return connection.integer(
      "SELECT max(changeid) FROM changes WHERE branch = ? AND repository = ? AND project = ? AND codebase = ?",
      *change.branch, change.repository, change.project, change.codebase);
}

Result<std::int64_t> add_change_row(WriteContext& context, const Change& change, SourceStampId stamp,
                                    std::optional<std::int64_t> parent) {
  static const Sql sql = lasting_insert(
      "changes", "changeid",
      "author, committer, comments, branch, revision, revlink, when_timestamp, category, repository, codebase, project, "
      "sourcestampid, parent_changeids",
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
  Connection& connection = context.connection;
  const auto fitted = [&](const std::optional<std::string>& text, std::size_t width) {
    return text ? std::optional(connection.fit(*text, width)) : std::nullopt;
  };
  return insert(connection, sql.of(connection), connection.fit(change.author, 255), fitted(change.committer, 255),
                change.comments, fitted(change.branch, 255), fitted(change.revision, 255), fitted(change.revlink, 256),
                change.when_timestamp, fitted(change.category, 255), connection.fit(change.repository, 512),
                connection.fit(change.codebase, 256), connection.fit(change.project, 512), stamp, parent);
}

Result<void> add_files_and_properties(Connection& connection, std::int64_t id, const Change& change) {
  for (const std::string& file : change.files) {
    KILN_TRY_VOID(connection.run("INSERT INTO change_files (changeid, filename) VALUES (?, ?)", id,
                                 connection.fit(file, 1024)));
  }
  for (const Property& property : change.properties) {
    const std::string value = dump_json_spaced(JsonArray{property.value, property.source});
    KILN_TRY_VOID(connection.run(
        "INSERT INTO change_properties (changeid, property_name, property_value) VALUES (?, ?, ?)", id,
        connection.fit(property.name, 256), value));
  }
  return {};
}

Result<std::int64_t> find_or_add_user(Connection& connection, std::string_view author, std::string_view src) {
  const std::string_view attribute = connection.fit(author, 128);
  KILN_TRY(const auto known, connection.integer("SELECT uid FROM users_info WHERE attr_type = ? AND attr_data = ?", src,
                                                attribute));
  if (known) return *known;
  const std::string_view identifier = connection.fit(author, 255);
  KILN_TRY(const auto uid,
           find_or_add([&] { return connection.integer("SELECT uid FROM users WHERE identifier = ?", identifier); },
                       [&] {
                         return connection.integer(
                             "INSERT INTO users (identifier) VALUES (?) ON CONFLICT DO NOTHING RETURNING uid", identifier);
                       }));
  KILN_TRY_VOID(connection.run(
      "INSERT INTO users_info (uid, attr_type, attr_data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", uid, src, attribute));
  return uid;
}

}  // namespace

Result<Written> apply(WriteContext& context, const writes::AddChange& write) {
  const Change& change = write.change;
  Connection& connection = context.connection;
  SourceStamp stamp;
  stamp.branch = change.branch;
  stamp.revision = change.revision;
  stamp.repository = change.repository;
  stamp.project = change.project;
  stamp.codebase = change.codebase;
  KILN_TRY(const SourceStampId stamp_id, find_or_add_sourcestamp(context, stamp));
  KILN_TRY(const auto parent, find_parent(connection, change));
  KILN_TRY(const auto id, add_change_row(context, change, stamp_id, parent));
  KILN_TRY_VOID(add_files_and_properties(connection, id, change));
  if (!write.src.empty()) {
    KILN_TRY(const auto uid, find_or_add_user(connection, change.author, connection.fit(write.src, 128)));
    KILN_TRY_VOID(connection.run("INSERT INTO change_users (changeid, uid) VALUES (?, ?)", id, uid));
  }
  return Written{.id = id, .number = 0, .ok = true, .child_ids = {stamp_id.value}};
}

Result<Written> apply(WriteContext& context, const writes::ClassifyChange& write) {
  return written(context.connection.run(
      "INSERT INTO scheduler_changes (schedulerid, changeid, important) VALUES (?, ?, ?) "
      "ON CONFLICT (schedulerid, changeid) DO UPDATE SET important = excluded.important",
      write.scheduler, context.id(write.change), write.important));
}

Result<Written> apply(WriteContext& context, const writes::DropClassifications& write) {
  for (const ChangeId change : write.changes) {
    KILN_TRY_VOID(context.connection.run("DELETE FROM scheduler_changes WHERE schedulerid = ? AND changeid = ?",
                                         write.scheduler, change));
  }
  return Written{};
}

}  // namespace kiln::db
