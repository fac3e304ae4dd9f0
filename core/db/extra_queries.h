// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/db/scopes.h"
#include "core/model/extra_entities.h"

// Reads of the tables that the engine does not write: projects and code, build data, test results, upstream's
// logchunks. All rows of the scope, by id; whoever asks filters and pages them.
namespace kiln::db {

struct ProjectScope {
  std::optional<ProjectId> id;
  std::optional<std::string> name;
  std::optional<bool> active;  // has builders on an active master
};
Result<std::vector<Project>> query_projects(Connection& connection, const ProjectScope& scope);

struct CodebaseScope {
  std::optional<std::int64_t> id;
  std::optional<ProjectId> project;
  std::optional<std::string> name;
};
Result<std::vector<Codebase>> query_codebases(Connection& connection, const CodebaseScope& scope);

struct CommitScope {
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> codebase;
  std::optional<std::string> revision;
};
Result<std::vector<Commit>> query_commits(Connection& connection, const CommitScope& scope);
// The youngest commit that both descend from, and the commits from there to each of them. Nothing: no such commits.
Result<std::optional<CommitGraph>> query_common_commit(Connection& connection, std::int64_t codebase,
                                                       std::int64_t first, std::int64_t second);

struct BranchScope {
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> codebase;
};
Result<std::vector<Branch>> query_branches(Connection& connection, const BranchScope& scope);

struct BuildDataScope {
  BuildPath build;
  std::optional<std::string> name;
  bool with_value = false;
};
Result<std::vector<BuildData>> query_build_data(Connection& connection, const BuildDataScope& scope);

struct TestResultSetScope {
  std::optional<std::int64_t> id;
  std::optional<BuilderId> builder;
  std::optional<std::string> builder_name;
  std::optional<BuildId> build;
  std::optional<StepId> step;
};
Result<std::vector<TestResultSet>> query_test_result_sets(Connection& connection, const TestResultSetScope& scope);
Result<std::vector<TestResult>> query_test_results(Connection& connection, std::int64_t set);

// A row of upstream's logchunks, as stored.
struct StoredChunk {
  std::int64_t first_line = 0;
  std::int64_t last_line = 0;
  int compression = 0;  // 0 none, 1 zlib, 2 bz2, 3 lz4, 4 zstd, 5 brotli
  std::string content;
};
// Those that hold lines of [first, last], in order.
Result<std::vector<StoredChunk>> query_log_chunks(Connection& connection, LogId log, std::int64_t first,
                                                  std::int64_t last);

}  // namespace kiln::db
