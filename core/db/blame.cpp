// SPDX-License-Identifier: MIT
#include "core/db/blame.h"

#include <map>
#include <set>
#include <tuple>

namespace kiln::db {
namespace {

// What tells sources apart; null branch is not the empty one.
using Source = std::tuple<std::string, std::optional<std::string>, std::string>;

struct BuiltSources {
  std::int64_t number = 0;
  std::map<Source, std::int64_t> stamps;  // codebase and where it is from -> sourcestamp id
};

struct ThisBuild {
  BuilderId builder;
  std::int64_t number = 0;
  BuiltSources sources;
};

constexpr std::string_view sources_from =
    "SELECT b.number, ss.repository, ss.branch, ss.codebase, ss.id FROM builds b "
    "JOIN buildrequests r ON r.id = b.buildrequestid "
    "JOIN buildset_sourcestamps link ON link.buildsetid = r.buildsetid "
    "JOIN sourcestamps ss ON ss.id = link.sourcestampid ";

void add_source(BuiltSources& sources, const Row& row) {
  sources.stamps.emplace(Source(row.text(1), row.optional_text(2), row.text(3)), row.integer(4));
}

constexpr std::array build_fields{Field{"buildid", FieldKind::integer, "b.id"}};
constexpr Entity build_entity{.columns = "b.id, b.builderid, b.number",
                              .from = "builds b",
                              .id = "b.id",
                              .fields = build_fields,
                              .paging = Paging::in_sql};

Result<std::optional<ThisBuild>> find_build(Connection& connection, const BuildPath& path) {
  Select select(connection, build_entity);
  add_build_path(select, "b", path);
  std::int64_t id = 0;
  ThisBuild build;
  KILN_TRY(const auto found, select.rows(connection, [&](const Row& row) {
    id = row.integer(0);
    build.builder = BuilderId(row.integer(1));
    build.number = row.integer(2);
    return id;
  }));
  if (found.rows.empty()) return std::optional<ThisBuild>();
  const std::array<Value, 1> values{to_value(id)};
  KILN_TRY_VOID(connection.each(std::string(sources_from) + "WHERE b.id = ?", values,
                                [&](const Row& row) { add_source(build.sources, row); }));
  return std::optional(std::move(build));
}

bool same_sources(const BuiltSources& a, const BuiltSources& b) {
  return a.stamps.size() == b.stamps.size() &&
         std::equal(a.stamps.begin(), a.stamps.end(), b.stamps.begin(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

// Looks back a few builds at a time: the answer is nearly always among the first.
Result<std::optional<BuiltSources>> previous_success(Connection& connection, const ThisBuild& build) {
  constexpr std::int64_t builds_a_time = 50;
  for (std::int64_t below = build.number; below > 1;) {
    const std::array<Value, 4> values{to_value(build.builder), to_value(build.builder), to_value(below),
                                      to_value(builds_a_time)};
    std::map<std::int64_t, BuiltSources, std::greater<>> page;
    KILN_TRY_VOID(connection.each(std::string(sources_from) +
                                      "WHERE b.builderid = ? AND b.number IN (SELECT p.number FROM builds p WHERE "
                                      "p.builderid = ? AND p.number < ? AND p.results = 0 ORDER BY p.number DESC LIMIT ?)",
                                  values, [&](const Row& row) {
                                    BuiltSources& sources = page[row.integer(0)];
                                    sources.number = row.integer(0);
                                    add_source(sources, row);
                                  }));
    if (page.empty()) return std::optional<BuiltSources>();
    for (auto& [number, sources] : page) {
      if (same_sources(sources, build.sources)) return std::optional(std::move(sources));
    }
    below = page.rbegin()->first;
  }
  return std::optional<BuiltSources>();
}

Result<std::int64_t> change_of_sourcestamp(Connection& connection, std::int64_t stamp) {
  KILN_TRY(const auto id, connection.integer("SELECT max(changeid) FROM changes WHERE sourcestampid = ?", stamp));
  return id.value_or(0);
}

}  // namespace

Result<std::vector<ChangeId>> changes_of_build(Connection& connection, const BuildPath& path) {
  std::vector<ChangeId> ids;
  KILN_TRY(const auto build, find_build(connection, path));
  if (!build) return ids;
  KILN_TRY(const auto previous, previous_success(connection, *build));
  std::set<std::int64_t> seen;
  for (const auto& [source, stamp] : build->sources.stamps) {
    KILN_TRY(const std::int64_t newest, change_of_sourcestamp(connection, stamp));
    std::int64_t until = 0;
    if (previous) {
      KILN_TRY(until, change_of_sourcestamp(connection, previous->stamps.at(source)));
    }
    if (newest == 0 || newest == until) continue;
    const std::array<Value, 2> values{to_value(newest), to_value(until)};
    KILN_TRY_VOID(connection.each("WITH RECURSIVE line(id) AS (SELECT CAST(? AS INTEGER) UNION "
                                  "SELECT c.parent_changeids FROM changes c JOIN line ON c.changeid = line.id "
                                  "WHERE c.parent_changeids IS NOT NULL AND c.parent_changeids <> ?) SELECT id FROM line",
                                  values, [&](const Row& row) {
                                    if (seen.insert(row.integer(0)).second) ids.emplace_back(row.integer(0));
                                  }));
  }
  return ids;
}

}  // namespace kiln::db
