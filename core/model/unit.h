// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/entities.h"
#include "core/model/extra_entities.h"

// The unit of work: row writes that are committed together, and effects that run after the commit (design.md section 6).
namespace kiln {

// A row: one that exists, or one that an earlier write of the same unit makes.
template <class IdType>
struct RowRef {
  IdType id;
  int write = -1;  // index of the write that makes it; -1: `id` is known

  RowRef() = default;
  RowRef(IdType known) : id(known) {}  // NOLINT(google-explicit-constructor): an id is a reference to its row
  static RowRef made_by(std::size_t write_index) {
    RowRef ref;
    ref.write = static_cast<int>(write_index);
    return ref;
  }
};

namespace writes {

// Written.id = change id; Written.child_ids[0] = its sourcestamp's id. parent_changeids is found by the store.
struct AddChange {
  Change change;      // id, sourcestamp, parent ids ignored
  std::string src;    // "git", "hg" ...: makes a users row for the author; empty: none
};

// A scheduler keeps a change until its timer ends. Dropped when a buildset is made.
struct ClassifyChange {
  SchedulerId scheduler;
  RowRef<ChangeId> change;
  bool important = true;
};
struct DropClassifications {
  SchedulerId scheduler;
  std::vector<ChangeId> changes;
};

struct NewRequest {
  BuilderId builder;
  int priority = 0;
};
// Sourcestamps are found or made by hash. Written.id = buildset; child_ids = request ids in the order of `requests`,
// then the sourcestamp ids in their order. Without requests the buildset is stored complete, with results success.
struct AddBuildset {
  Buildset buildset;  // id ignored; sourcestamps with id != 0 are taken as they are
  Properties properties;
  std::vector<NewRequest> requests;
  bool waited_for = false;
};

// All or none. Written.ok is false when somebody else holds one of them.
struct ClaimRequests {
  std::vector<RequestId> requests;
  EpochSeconds claimed_at = 0;
};
struct UnclaimRequests {
  std::vector<RequestId> requests;
};
// Requests that are complete already are left alone. Written.child_ids = those completed now.
struct CompleteRequests {
  std::vector<RequestId> requests;
  Results results = Results::success;
  EpochSeconds complete_at = 0;
};
struct SetRequestPriority {
  RequestId request;
  int priority = 0;
};
// Written.ok is false when it was complete already.
struct CompleteBuildset {
  BuildsetId buildset;
  Results results = Results::success;
  EpochSeconds complete_at = 0;
};

// Written.id = build id, Written.number = its number (max + 1 of the builder, in the same statement).
struct AddBuild {
  BuilderId builder;
  RequestId request;
  WorkerId worker;
  EpochSeconds started_at = 0;
  std::string state_string;
};
struct SetBuildState {
  RowRef<BuildId> build;
  std::string state_string;
};
// Adds or replaces by name.
struct SetBuildProperties {
  RowRef<BuildId> build;
  std::vector<Property> properties;
};
// Adds or replaces by name.
struct SetBuildData {
  RowRef<BuildId> build;
  std::string name;
  std::string value;  // bytes
  std::string source;
};
struct FinishBuild {
  RowRef<BuildId> build;
  Results results = Results::success;
  std::string state_string;
  std::int64_t locks_duration_s = 0;
  EpochSeconds complete_at = 0;
};

// Written.id = step id. Name and number are unique in the build; the engine sees to it.
struct AddStep {
  RowRef<BuildId> build;
  std::int64_t number = 0;
  std::string name;
  std::string state_string;
  std::optional<EpochSeconds> started_at;
  std::optional<EpochSeconds> locks_acquired_at;
};
struct StartStep {
  RowRef<StepId> step;
  EpochSeconds started_at = 0;
  EpochSeconds locks_acquired_at = 0;
};
struct SetStepState {
  RowRef<StepId> step;
  std::string state_string;
};
struct SetStepUrls {
  RowRef<StepId> step;
  std::vector<Url> urls;
};
struct FinishStep {
  RowRef<StepId> step;
  Results results = Results::success;
  std::string state_string;
  bool hidden = false;
  EpochSeconds complete_at = 0;
};

// Written.id = log id.
struct AddLog {
  RowRef<StepId> step;
  std::string name;
  std::string slug;
  LogType type = LogType::stream;
};
struct SetLogLines {
  RowRef<LogId> log;
  std::int64_t num_lines = 0;
};
struct FinishLog {
  RowRef<LogId> log;
  std::int64_t num_lines = 0;
};

// Written.id = the set's id.
struct AddTestResultSet {
  TestResultSet set;  // id ignored
};
// Names and code paths are found by their text or added, for each builder.
struct AddTestResults {
  std::int64_t set = 0;
  BuilderId builder;
  std::vector<TestResult> results;  // ids, set and builder ignored
};
struct CompleteTestResultSet {
  std::int64_t set = 0;
  std::optional<std::int64_t> tests_passed;
  std::optional<std::int64_t> tests_failed;
};

// Written.id = the row of the objects table, made when missing.
struct FindObject {
  std::string object_name;
  std::string class_name;
};
// Written.ok is false when it was to be new and was set already.
struct SetObjectState {
  std::int64_t object = 0;
  std::string key;
  Json value;
  bool only_when_new = false;
};
// object_state: values that services keep over restarts.
struct SetState {
  std::string object_name;
  std::string class_name;
  std::string key;
  Json value;
};

struct SetSchedulerEnabled {
  SchedulerId scheduler;
  bool enabled = true;
};

struct WorkerConnected {
  WorkerId worker;
  JsonObject info;
};
struct WorkerDisconnected {
  WorkerId worker;
};
struct SetWorkerState {
  WorkerId worker;
  bool paused = false;
  std::optional<std::string> pause_reason;
  bool graceful = false;
};

struct BuilderRow {
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> description_format;
  std::optional<std::string> description_html;
  std::vector<std::string> tags;
  std::vector<std::string> worker_names;
};
struct NamedRow {
  std::string name;
  std::string class_name;  // dotted path, for the objects table
};
// Makes this master's configuration the stored one: rows found by name hash or added, associations replaced.
// Written.child_ids = builder ids, then worker ids, scheduler ids, change source ids, each in the order given.
struct ApplyConfig {
  std::vector<BuilderRow> builders;
  std::vector<NamedRow> workers;
  std::vector<NamedRow> schedulers;
  std::vector<NamedRow> change_sources;
};

// The row of a builder that builds of others appear under. Written.id = its id. One that a master has configured keeps
// its texts and tags.
struct AddVirtualBuilder {
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> description_format;
  std::vector<std::string> tags;
};

struct Heartbeat {
  EpochSeconds now = 0;
};
// Clean stop: this master inactive, its associations removed, as db.md section 7.
struct StopMaster {
  EpochSeconds now = 0;
};

}  // namespace writes

using Write = std::variant<
    writes::AddChange, writes::ClassifyChange, writes::DropClassifications, writes::AddBuildset, writes::ClaimRequests,
    writes::UnclaimRequests, writes::CompleteRequests, writes::SetRequestPriority, writes::CompleteBuildset,
    writes::AddBuild, writes::SetBuildState, writes::SetBuildProperties, writes::SetBuildData, writes::FinishBuild,
    writes::AddStep, writes::StartStep, writes::SetStepState, writes::SetStepUrls, writes::FinishStep, writes::AddLog,
    writes::SetLogLines, writes::FinishLog, writes::AddTestResultSet, writes::AddTestResults,
    writes::CompleteTestResultSet, writes::FindObject, writes::SetObjectState, writes::SetState,
    writes::SetSchedulerEnabled, writes::WorkerConnected, writes::WorkerDisconnected, writes::SetWorkerState,
    writes::ApplyConfig, writes::AddVirtualBuilder, writes::Heartbeat, writes::StopMaster>;

// What one write did, in the place of its index.
struct Written {
  std::int64_t id = 0;
  std::int64_t number = 0;
  bool ok = true;
  std::vector<std::int64_t> child_ids;
};
using Committed = std::vector<Written>;

using Effect = std::function<void(const Committed&)>;

struct Unit {
  std::vector<Write> writes;
  std::vector<Effect> effects;  // in order, on the loop thread, after the commit

  // Returns the index that RowRef::made_by and Committed use.
  std::size_t add(Write write) {
    writes.push_back(std::move(write));
    return writes.size() - 1;
  }
  void then(Effect effect) { effects.push_back(std::move(effect)); }
  bool empty() const { return writes.empty() && effects.empty(); }
};

}  // namespace kiln
