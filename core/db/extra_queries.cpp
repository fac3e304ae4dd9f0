// SPDX-License-Identifier: MIT
#include "core/db/extra_queries.h"

#include <algorithm>
#include <unordered_map>

namespace kiln::db {
namespace {

// Conditions joined by AND, with their values.
class Where {
 public:
  template <class T>
  void add(std::string_view condition, const std::optional<T>& value) {
    if (!value) return;
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    sql_ += condition;
    if (std::string(condition).find('?') != std::string::npos) values_.push_back(to_value(*value));
  }
  std::string sql(std::string_view select, std::string_view order) const {
    return std::string(select) + sql_ + " ORDER BY " + std::string(order);
  }
  std::span<const Value> values() const { return values_; }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

TestResultSet test_result_set_of(const Row& row) {
  return {.id = row.integer(0),
          .builderid = BuilderId(row.integer(1)),
          .buildid = BuildId(row.integer(2)),
          .stepid = StepId(row.integer(3)),
          .description = row.optional_text(4),
          .category = row.text(5),
          .value_unit = row.text(6),
          .tests_passed = row.optional_integer(7),
          .tests_failed = row.optional_integer(8),
          .complete = row.flag(9)};
}

using Parents = std::unordered_map<std::int64_t, std::optional<std::int64_t>>;

// `commit` and its ancestors, youngest first.
std::vector<std::int64_t> line_of(const Parents& parents, std::int64_t commit) {
  std::vector<std::int64_t> line;
  std::optional<std::int64_t> next = commit;
  while (next && line.size() <= parents.size()) {
    const auto found = parents.find(*next);
    if (found == parents.end()) break;
    line.push_back(*next);
    next = found->second;
  }
  return line;
}

std::vector<std::int64_t> from_common(const std::vector<std::int64_t>& line, std::int64_t common) {
  std::vector<std::int64_t> path(line.begin(), std::find(line.begin(), line.end(), common));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

Result<std::vector<Project>> query_projects(Connection& connection, const ProjectScope& scope) {
  constexpr std::string_view has_builders =
      "EXISTS (SELECT 1 FROM builders b JOIN builder_masters bm ON bm.builderid = b.id "
      "JOIN masters m ON m.id = bm.masterid WHERE b.projectid = p.id AND m.active = 1)";
  Where where;
  where.add("p.id = ?", scope.id);
  where.add("p.name = ?", scope.name);
  where.add((scope.active.value_or(true) ? "" : "NOT ") + std::string(has_builders), scope.active);
  return rows_of(connection,
                 where.sql("SELECT p.id, p.name, p.slug, p.description, p.description_format, p.description_html "
                           "FROM projects p",
                           "p.id"),
                 where.values(), [&](const Row& row) {
                   return Project{.id = ProjectId(row.integer(0)),
                                  .name = row.text(1),
                                  .slug = row.text(2),
                                  .active = scope.active,
                                  .description = row.optional_text(3),
                                  .description_format = row.optional_text(4),
                                  .description_html = row.optional_text(5)};
                 });
}

Result<std::vector<Codebase>> query_codebases(Connection& connection, const CodebaseScope& scope) {
  Where where;
  where.add("id = ?", scope.id);
  where.add("projectid = ?", scope.project);
  where.add("name = ?", scope.name);
  return rows_of(connection, where.sql("SELECT id, projectid, name, slug FROM codebases", "id"), where.values(),
                 [](const Row& row) {
                   return Codebase{row.integer(0), ProjectId(row.integer(1)), row.text(2), row.text(3)};
                 });
}

Result<std::vector<Commit>> query_commits(Connection& connection, const CommitScope& scope) {
  Where where;
  where.add("id = ?", scope.id);
  where.add("codebaseid = ?", scope.codebase);
  where.add("revision = ?", scope.revision);
  return rows_of(connection,
                 where.sql("SELECT id, codebaseid, author, committer, comments, when_timestamp, revision, "
                           "parent_commitid FROM codebase_commits",
                           "id"),
                 where.values(), [](const Row& row) {
                   return Commit{row.integer(0), row.integer(1), row.text(2), row.optional_text(3),
                                 row.text(4),    row.integer(5), row.text(6), row.optional_integer(7)};
                 });
}

Result<std::optional<CommitGraph>> query_common_commit(Connection& connection, std::int64_t codebase,
                                                       std::int64_t first, std::int64_t second) {
  Parents parents;
  const std::array<Value, 1> values{to_value(codebase)};
  KILN_TRY_VOID(connection.each("SELECT id, parent_commitid FROM codebase_commits WHERE codebaseid = ?", values,
                                [&](const Row& row) { parents[row.integer(0)] = row.optional_integer(1); }));
  const auto first_line = line_of(parents, first);
  const auto second_line = line_of(parents, second);
  const auto common = std::find_if(first_line.begin(), first_line.end(), [&](std::int64_t commit) {
    return std::find(second_line.begin(), second_line.end(), commit) != second_line.end();
  });
  if (common == first_line.end()) return std::optional<CommitGraph>();
  return std::optional(CommitGraph{*common, from_common(first_line, *common), from_common(second_line, *common)});
}

Result<std::vector<Branch>> query_branches(Connection& connection, const BranchScope& scope) {
  Where where;
  where.add("id = ?", scope.id);
  where.add("codebaseid = ?", scope.codebase);
  return rows_of(connection,
                 where.sql("SELECT id, codebaseid, name, commitid, last_timestamp FROM codebase_branches", "id"),
                 where.values(), [](const Row& row) {
                   return Branch{row.integer(0), row.integer(1), row.text(2), row.integer(3), row.integer(4)};
                 });
}

Result<std::vector<BuildData>> query_build_data(Connection& connection, const BuildDataScope& scope) {
  Where where;
  where.add("b.id = ?", scope.build.id);
  where.add("b.builderid = ?", scope.build.builder);
  where.add("b.builderid IN (SELECT id FROM builders WHERE name = ?)", scope.build.builder_name);
  where.add("b.number = ?", scope.build.number);
  where.add("d.name = ?", scope.name);
  const std::string select = "SELECT d.buildid, d.name, d.length, d.source" +
                             std::string(scope.with_value ? ", d.value" : "") +
                             " FROM build_data d JOIN builds b ON b.id = d.buildid";
  return rows_of(connection, where.sql(select, scope.with_value ? "d.id" : "d.name"), where.values(),
                 [&](const Row& row) {
                   return BuildData{
                       .buildid = BuildId(row.integer(0)),
                       .name = row.text(1),
                       .length = row.integer(2),
                       .value = scope.with_value ? row.optional_text(4) : std::nullopt,
                       .source = row.text(3),
                   };
                 });
}

Result<std::vector<TestResultSet>> query_test_result_sets(Connection& connection, const TestResultSetScope& scope) {
  Where where;
  where.add("id = ?", scope.id);
  where.add("builderid = ?", scope.builder);
  where.add("builderid IN (SELECT b.id FROM builders b WHERE b.name = ?)", scope.builder_name);
  where.add("buildid = ?", scope.build);
  where.add("stepid = ?", scope.step);
  return rows_of(connection,
                 where.sql("SELECT id, builderid, buildid, stepid, description, category, value_unit, tests_passed, "
                           "tests_failed, complete FROM test_result_sets",
                           "id"),
                 where.values(), test_result_set_of);
}

Result<std::vector<TestResult>> query_test_results(Connection& connection, std::int64_t set) {
  const std::array<Value, 1> values{to_value(set)};
  return rows_of(connection,
                 "SELECT r.id, r.builderid, r.test_result_setid, n.name, p.path, r.line, r.duration_ns, r.value "
                 "FROM test_results r LEFT JOIN test_names n ON n.id = r.test_nameid "
                 "LEFT JOIN test_code_paths p ON p.id = r.test_code_pathid WHERE r.test_result_setid = ? ORDER BY r.id",
                 values, [](const Row& row) {
                   return TestResult{row.integer(0),         BuilderId(row.integer(1)),
                                     row.integer(2),         row.optional_text(3),
                                     row.optional_text(4),   row.optional_integer(5),
                                     row.optional_integer(6), row.text(7)};
                 });
}

Result<std::vector<StoredChunk>> query_log_chunks(Connection& connection, LogId log, std::int64_t first,
                                                  std::int64_t last) {
  const std::array<Value, 3> values{to_value(log), to_value(first), to_value(last)};
  return rows_of(connection,
                 "SELECT first_line, last_line, compressed, content FROM logchunks "
                 "WHERE logid = ? AND last_line >= ? AND first_line <= ? ORDER BY first_line",
                 values, [](const Row& row) {
                   return StoredChunk{row.integer(0), row.integer(1), static_cast<int>(row.integer(2)), row.text(3)};
                 });
}

}  // namespace kiln::db
