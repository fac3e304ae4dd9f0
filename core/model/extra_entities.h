// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/entities.h"

// Rows that the master itself never decides on: they are stored for, and read by, others.
namespace kiln {

struct Project {
  ProjectId id;
  std::string name;
  std::string slug;
  std::optional<bool> active;
  std::optional<std::string> description;
  std::optional<std::string> description_format;
  std::optional<std::string> description_html;
};

struct Codebase {
  std::int64_t id = 0;
  ProjectId projectid;
  std::string name;
  std::string slug;
};

struct Commit {
  std::int64_t id = 0;
  std::int64_t codebaseid = 0;
  std::string author;
  std::optional<std::string> committer;
  std::string comments;
  EpochSeconds when_timestamp = 0;
  std::string revision;
  std::optional<std::int64_t> parent_commitid;
};

struct CommitGraph {
  std::int64_t common = 0;
  std::vector<std::int64_t> to1;
  std::vector<std::int64_t> to2;
};

struct Branch {
  std::int64_t id = 0;
  std::int64_t codebaseid = 0;
  std::string name;
  std::int64_t commitid = 0;
  EpochSeconds last_timestamp = 0;
};

struct BuildData {
  BuildId buildid;
  std::string name;
  std::int64_t length = 0;
  std::optional<std::string> value;  // bytes; only when asked for
  std::string source;
};

struct TestResultSet {
  std::int64_t id = 0;
  BuilderId builderid;
  BuildId buildid;
  StepId stepid;
  std::optional<std::string> description;
  std::string category;
  std::string value_unit;
  std::optional<std::int64_t> tests_passed;
  std::optional<std::int64_t> tests_failed;
  bool complete = false;
};

struct TestResult {
  std::int64_t id = 0;
  BuilderId builderid;
  std::int64_t test_result_setid = 0;
  std::optional<std::string> test_name;
  std::optional<std::string> test_code_path;
  std::optional<std::int64_t> line;
  std::optional<std::int64_t> duration_ns;
  std::string value;
};

// Lines of a log as REST answers them.
struct LogContents {
  LogId logid;
  std::int64_t firstline = 0;
  std::string content;
};

struct ForceScheduler {
  std::string name;
  std::string button_name;
  std::string label;
  std::vector<std::string> builder_names;
  bool enabled = true;
  Json all_fields;
};

// A request that waits, with everything that keeps it from being built.
struct WaitingRequestRow {
  RequestId id;
  BuilderId builderid;
  std::int64_t position = 1;  // among the requests of its builder
  std::string text;           // the reasons in words
  Json reasons;               // objects: docs/choosing.md
  std::optional<EpochSeconds> predicted_start_at;
};

struct RootLink {
  std::string name;
};

struct PathSpec {
  std::string path;
  std::string type;
  std::string plural;
  Json type_spec;
};

struct PropertyRow {
  std::string name;
  std::string source;
  std::string value;  // JSON text
};

}  // namespace kiln
