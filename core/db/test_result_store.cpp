// SPDX-License-Identifier: MIT
#include "core/db/test_result_store.h"

#include <unordered_map>

namespace kiln::db {
namespace {

// Rows of test_names or test_code_paths by their text; each text is looked up once.
class TextRows {
 public:
  TextRows(Connection& connection, BuilderId builder, std::string_view table, std::string_view column)
      : connection_(connection), builder_(builder) {
    const std::string name(table);
    find_ = "SELECT id FROM " + name + " WHERE builderid = ? AND " + std::string(column) + " = ? ORDER BY id LIMIT 1";
    add_ = "INSERT INTO " + name + " (builderid, " + std::string(column) + ") VALUES (?, ?) RETURNING id";
  }

  Result<std::optional<std::int64_t>> row_of(const std::optional<std::string>& text) {
    if (!text) return std::optional<std::int64_t>();
    if (const auto known = ids_.find(*text); known != ids_.end()) return std::optional(known->second);
    KILN_TRY(std::optional<std::int64_t> id, connection_.integer(find_, builder_, *text));
    if (!id) {
      KILN_TRY(const std::int64_t added, insert(connection_, add_, builder_, *text));
      id = added;
    }
    ids_.emplace(*text, *id);
    return id;
  }

 private:
  Connection& connection_;
  BuilderId builder_;
  std::string find_, add_;
  std::unordered_map<std::string, std::int64_t> ids_;
};

}  // namespace

Result<Written> apply(WriteContext& context, const writes::AddTestResultSet& write) {
  const TestResultSet& set = write.set;
  KILN_TRY(const auto id,
           insert(context.connection,
                  "INSERT INTO test_result_sets (builderid, buildid, stepid, description, category, value_unit, "
                  "complete) VALUES (?, ?, ?, ?, ?, ?, 0) RETURNING id",
                  set.builderid, set.buildid, set.stepid, set.description, set.category, set.value_unit));
  Written done;
  done.id = id;
  return done;
}

Result<Written> apply(WriteContext& context, const writes::AddTestResults& write) {
  Connection& connection = context.connection;
  TextRows names(connection, write.builder, "test_names", "name");
  TextRows paths(connection, write.builder, "test_code_paths", "path");
  for (const TestResult& result : write.results) {
    KILN_TRY(const auto name, names.row_of(result.test_name));
    KILN_TRY(const auto path, paths.row_of(result.test_code_path));
    KILN_TRY_VOID(connection.run(
        "INSERT INTO test_results (builderid, test_result_setid, test_nameid, test_code_pathid, line, duration_ns, "
        "value) VALUES (?, ?, ?, ?, ?, ?, ?)",
        write.builder, write.set, name, path, result.line, result.duration_ns, result.value));
  }
  return Written{};
}

Result<Written> apply(WriteContext& context, const writes::CompleteTestResultSet& write) {
  return written(context.connection.run(
      "UPDATE test_result_sets SET tests_passed = ?, tests_failed = ?, complete = 1 WHERE id = ?", write.tests_passed,
      write.tests_failed, write.set));
}

}  // namespace kiln::db
