// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/db/select.h"

// What the path of a REST endpoint says about the rows it wants. All that is set has to hold.
namespace kiln::db {

struct BuilderScope {
  std::optional<BuilderId> id;
  std::optional<std::string> name;
  std::optional<MasterId> master;  // configured there
  std::optional<ProjectId> project;
  std::optional<WorkerId> worker;  // configured for it
};

// A build as paths name it: by id, or by builder and number.
struct BuildPath {
  std::optional<BuildId> id;
  std::optional<BuilderId> builder;
  std::optional<std::string> builder_name;
  std::optional<std::int64_t> number;
  bool empty() const { return !id && !builder && !builder_name && !number; }
};

struct BuildScope {
  BuildPath path;
  std::optional<RequestId> request;
  std::optional<ChangeId> change;
  std::optional<WorkerId> worker;
  std::optional<BuildId> triggered_by;
};

struct StepScope {
  std::optional<StepId> id;
  BuildPath build;
  std::optional<std::int64_t> number;
  std::optional<std::string> name;
  bool empty() const { return !id && build.empty() && !number && !name; }
};

struct LogScope {
  std::optional<LogId> id;
  StepScope step;
  std::optional<std::string> slug;
};

struct RequestScope {
  std::optional<RequestId> id;
  std::optional<BuilderId> builder;
};

struct BuildsetScope {
  std::optional<BuildsetId> id;
};

struct SourceStampScope {
  std::optional<SourceStampId> id;
  std::optional<BuildsetId> buildset;
};

struct ChangeScope {
  std::optional<ChangeId> id;
  BuildPath build;  // the changes that are new in it
  std::optional<SourceStampId> sourcestamp;  // the newest change of it
};

struct WorkerScope {
  std::optional<WorkerId> id;
  std::optional<std::string> name;
  std::optional<MasterId> master;
  std::optional<BuilderId> builder;
};

struct MasterScope {
  std::optional<MasterId> id;
  std::optional<BuilderId> builder;
};

struct SchedulerScope {
  std::optional<SchedulerId> id;
  std::optional<MasterId> master;
};

struct ChangeSourceScope {
  std::optional<ChangeSourceId> id;
  std::optional<MasterId> master;
};

// Conditions on the rows of `builds <alias>` / `steps <alias>`.
void add_build_path(Select& select, std::string_view alias, const BuildPath& path);
// Condition on a column that holds a build's id.
void add_build_reference(Select& select, std::string_view column, const BuildPath& path);
void add_step_reference(Select& select, std::string_view column, const StepScope& scope);

}  // namespace kiln::db
