// SPDX-License-Identifier: MIT
#include "tests/support/memory_journal.h"

#include <fmt/format.h>

namespace kiln::testing {

struct MemoryJournal::Applier {
  MemoryJournal& db;
  Committed& committed;

  template <class Tag>
  Id<Tag> resolve(const RowRef<Id<Tag>>& ref) const {
    return ref.write < 0 ? ref.id : Id<Tag>(committed.at(static_cast<std::size_t>(ref.write)).id);
  }
  void problem(std::string text) const { db.problems.push_back(std::move(text)); }

  Build& build(const RowRef<BuildId>& ref) const {
    const auto it = db.builds.find(resolve(ref));
    if (it != db.builds.end()) return it->second.build;
    problem("a write for a build that is not there");
    return db.builds[resolve(ref)].build;
  }
  Step& step(const RowRef<StepId>& ref) const {
    const auto it = db.steps.find(resolve(ref));
    if (it != db.steps.end()) return it->second;
    problem("a write for a step that is not there");
    return db.steps[resolve(ref)];
  }
  Log& log(const RowRef<LogId>& ref) const {
    const auto it = db.logs.find(resolve(ref));
    if (it != db.logs.end()) return it->second;
    problem("a write for a log that is not there");
    return db.logs[resolve(ref)];
  }

  Written operator()(const writes::AddChange& write) const {
    Change change = write.change;
    change.id = ChangeId(db.next_id("changes"));
    change.sourcestamp = {};
    change.sourcestamp.branch = change.branch;
    change.sourcestamp.revision = change.revision;
    change.sourcestamp.repository = change.repository;
    change.sourcestamp.project = change.project;
    change.sourcestamp.codebase = change.codebase;
    const SourceStampId stamp = db.stamp_id(change.sourcestamp);
    db.changes[change.id] = change;
    return {change.id.value, 0, true, {stamp.value}};
  }
  Written operator()(const writes::ClassifyChange& write) const {
    const ChangeId change = resolve(write.change);
    if (!db.changes.contains(change)) problem("a change that is not there is classified");
    db.classifications.push_back({write.scheduler, change, write.important});
    return {};
  }
  Written operator()(const writes::DropClassifications& write) const {
    std::erase_if(db.classifications, [&](const ClassificationRow& row) {
      return row.scheduler == write.scheduler &&
             std::find(write.changes.begin(), write.changes.end(), row.change) != write.changes.end();
    });
    return {};
  }
  Written operator()(const writes::AddBuildset& write) const {
    Written written;
    written.id = db.next_id("buildsets");
    Buildset row = write.buildset;
    row.id = BuildsetId(written.id);
    row.results = -1;
    for (const writes::NewRequest& request : write.requests) {
      BuildRequest added;
      added.id = RequestId(db.next_id("buildrequests"));
      added.buildsetid = row.id;
      added.builderid = request.builder;
      added.priority = request.priority;
      added.results = -1;
      added.submitted_at = row.submitted_at;
      added.waited_for = write.waited_for;
      db.requests[added.id] = {added};
      db.requests_by_buildset_[row.id].push_back(added.id);
      written.child_ids.push_back(added.id.value);
    }
    for (SourceStamp& stamp : row.sourcestamps) written.child_ids.push_back(db.stamp_id(stamp).value);
    if (write.requests.empty()) {
      row.complete = true;
      row.complete_at = row.submitted_at;
      row.results = 0;
    }
    db.buildset_properties[row.id] = write.properties;
    db.buildsets[row.id] = std::move(row);
    return written;
  }
  Written operator()(const writes::ClaimRequests& write) const {
    for (const RequestId id : write.requests) {
      if (db.requests[id].request.claimed) return {0, 0, false, {}};
    }
    for (const RequestId id : write.requests) {
      BuildRequest& row = db.requests[id].request;
      row.claimed = true;
      row.claimed_at = write.claimed_at;
      row.claimed_by_masterid = db.master;
    }
    return {};
  }
  Written operator()(const writes::UnclaimRequests& write) const {
    for (const RequestId id : write.requests) {
      BuildRequest& row = db.requests[id].request;
      if (row.complete) problem("a complete request is unclaimed");
      row.claimed = false;
      row.claimed_at.reset();
      row.claimed_by_masterid.reset();
    }
    return {};
  }
  Written operator()(const writes::CompleteRequests& write) const {
    Written written;
    if (write.results == Results::retry) problem("a request is completed with RETRY");
    for (const RequestId id : write.requests) {
      RequestRow& row = db.requests[id];
      if (row.request.complete) continue;
      ++row.completions;
      row.request.complete = true;
      row.request.results = static_cast<int>(write.results);
      row.request.complete_at = write.complete_at;
      written.child_ids.push_back(id.value);
    }
    return written;
  }
  Written operator()(const writes::SetRequestPriority& write) const {
    db.requests[write.request].request.priority = write.priority;
    return {};
  }
  Written operator()(const writes::CompleteBuildset& write) const {
    Buildset& row = db.buildsets[write.buildset];
    if (row.complete) return {0, 0, false, {}};
    for (const RequestId id : db.requests_by_buildset_[write.buildset]) {
      if (!db.requests[id].request.complete) problem("a buildset is completed before its requests");
    }
    row.complete = true;
    row.results = static_cast<int>(write.results);
    row.complete_at = write.complete_at;
    return {};
  }
  Written operator()(const writes::AddBuild& write) const {
    Build row;
    row.id = BuildId(db.next_id("builds"));
    row.number = ++db.build_numbers_[write.builder];
    row.builderid = write.builder;
    row.buildrequestid = write.request;
    row.workerid = write.worker;
    row.masterid = db.master;
    row.started_at = write.started_at;
    row.state_string = write.state_string;
    if (!db.requests[write.request].request.claimed) problem("a build of a request that is not claimed");
    db.builds[row.id] = {row, {}};
    return {row.id.value, row.number, true, {}};
  }
  Written operator()(const writes::SetBuildState& write) const {
    build(write.build).state_string = write.state_string;
    return {};
  }
  Written operator()(const writes::SetBuildProperties& write) const {
    build(write.build);
    Properties& properties = db.builds[resolve(write.build)].properties;
    for (const Property& p : write.properties) properties.set(p.name, p.value, p.source);
    return {};
  }
  Written operator()(const writes::FinishBuild& write) const {
    Build& row = build(write.build);
    if (row.complete) problem("a build is finished twice");
    for (const Step* step : db.steps_of(row.id)) {
      if (!step->complete) problem(fmt::format("a build is finished while step \"{}\" is not", step->name));
    }
    row.complete = true;
    row.results = write.results;
    row.state_string = write.state_string;
    row.complete_at = write.complete_at;
    row.locks_duration_s = write.locks_duration_s;
    return {};
  }
  Written operator()(const writes::AddStep& write) const {
    Step row;
    row.buildid = build(write.build).id;
    for (const Step* other : db.steps_of(row.buildid)) {
      if (other->number == write.number) problem("two steps of a build have the same number");
      if (other->name == write.name) problem("two steps of a build have the same name");
    }
    row.id = StepId(db.next_id("steps"));
    row.number = write.number;
    row.name = write.name;
    row.state_string = write.state_string;
    row.started_at = write.started_at;
    row.locks_acquired_at = write.locks_acquired_at;
    db.steps[row.id] = row;
    db.steps_by_build_[row.buildid].push_back(row.id);
    return {row.id.value, 0, true, {}};
  }
  Written operator()(const writes::StartStep& write) const {
    step(write.step).started_at = write.started_at;
    step(write.step).locks_acquired_at = write.locks_acquired_at;
    return {};
  }
  Written operator()(const writes::SetStepState& write) const {
    step(write.step).state_string = write.state_string;
    return {};
  }
  Written operator()(const writes::SetStepUrls& write) const {
    step(write.step).urls = write.urls;
    return {};
  }
  Written operator()(const writes::FinishStep& write) const {
    Step& row = step(write.step);
    if (row.complete) problem("a step is finished twice");
    for (const Log* log : db.logs_of(row.id)) {
      if (!log->complete) problem(fmt::format("step \"{}\" is finished before a log", row.name));
    }
    row.complete = true;
    row.results = write.results;
    row.state_string = write.state_string;
    row.hidden = write.hidden;
    row.complete_at = write.complete_at;
    return {};
  }
  Written operator()(const writes::AddLog& write) const {
    Log row;
    row.stepid = step(write.step).id;
    for (const Log* other : db.logs_of(row.stepid)) {
      if (other->slug == write.slug) problem("two logs of a step have the same slug");
    }
    row.id = LogId(db.next_id("logs"));
    row.name = write.name;
    row.slug = write.slug;
    row.type = write.type;
    db.logs[row.id] = row;
    db.logs_by_step_[row.stepid].push_back(row.id);
    return {row.id.value, 0, true, {}};
  }
  Written operator()(const writes::SetLogLines& write) const {
    log(write.log).num_lines = write.num_lines;
    return {};
  }
  Written operator()(const writes::FinishLog& write) const {
    Log& row = log(write.log);
    if (row.complete) problem("a log is finished twice");
    row.complete = true;
    row.num_lines = write.num_lines;
    return {};
  }
  Written operator()(const writes::SetBuildData& write) const {
    db.build_data[{build(write.build).id, write.name}] = {write.value, write.source};
    return {};
  }
  Written operator()(const writes::AddTestResultSet& write) const {
    TestResultSet row = write.set;
    step(row.stepid);
    row.id = db.next_id("test_result_sets");
    db.test_result_sets[row.id] = row;
    return {row.id, 0, true, {}};
  }
  Written operator()(const writes::AddTestResults& write) const {
    if (!db.test_result_sets.contains(write.set)) problem("results for a set that is not there");
    if (db.test_result_sets[write.set].complete) problem("results for a set that is complete");
    auto& rows = db.test_results[write.set];
    rows.insert(rows.end(), write.results.begin(), write.results.end());
    return {};
  }
  Written operator()(const writes::CompleteTestResultSet& write) const {
    TestResultSet& row = db.test_result_sets[write.set];
    if (row.complete) problem("a test result set is completed twice");
    row.complete = true;
    row.tests_passed = write.tests_passed;
    row.tests_failed = write.tests_failed;
    return {};
  }
  Written operator()(const writes::FindObject& write) const {
    return {db.named_id("objects", write.object_name + '\n' + write.class_name), 0, true, {}};
  }
  Written operator()(const writes::SetObjectState& write) const {
    const auto key = std::pair(write.object, write.key);
    if (write.only_when_new && db.object_states.contains(key)) return {0, 0, false, {}};
    db.object_states[key] = write.value;
    return {};
  }
  Written operator()(const writes::SetState& write) const {
    db.states[{write.object_name, write.class_name, write.key}] = write.value;
    return {};
  }
  Written operator()(const writes::SetSchedulerEnabled& write) const {
    db.schedulers[write.scheduler].enabled = write.enabled;
    return {};
  }
  Written operator()(const writes::WorkerConnected& write) const {
    db.workers[write.worker].connected_to = {db.master};
    db.workers[write.worker].workerinfo = write.info;
    return {};
  }
  Written operator()(const writes::WorkerDisconnected& write) const {
    db.workers[write.worker].connected_to.clear();
    return {};
  }
  Written operator()(const writes::SetWorkerState& write) const {
    Worker& row = db.workers[write.worker];
    row.paused = write.paused;
    row.pause_reason = write.pause_reason;
    row.graceful = write.graceful;
    return {};
  }
  Written operator()(const writes::ApplyConfig& write) const {
    Written written;
    for (const auto& row : write.builders) written.child_ids.push_back(db.named_id("builders", row.name));
    for (const auto& row : write.workers) {
      const WorkerId id(db.named_id("workers", row.name));
      db.workers[id].id = id;
      db.workers[id].name = row.name;
      written.child_ids.push_back(id.value);
    }
    for (const auto& row : write.schedulers) {
      const SchedulerId id(db.named_id("schedulers", row.name));
      db.schedulers[id].id = id;
      db.schedulers[id].name = row.name;
      written.child_ids.push_back(id.value);
    }
    for (const auto& row : write.change_sources) written.child_ids.push_back(db.named_id("changesources", row.name));
    return written;
  }
  Written operator()(const writes::AddVirtualBuilder& write) const {
    Written written;
    written.id = db.named_id("builders", write.name);
    db.virtual_builders[write.name] = write;
    return written;
  }
  Written operator()(const writes::Heartbeat&) const { return {}; }
  Written operator()(const writes::StopMaster&) const { return {}; }
};

std::vector<Step*> MemoryJournal::steps_of(BuildId build) {
  std::vector<Step*> found;
  for (const StepId id : steps_by_build_[build]) found.push_back(&steps.at(id));
  return found;
}

std::vector<Log*> MemoryJournal::logs_of(StepId step) {
  std::vector<Log*> found;
  for (const LogId id : logs_by_step_[step]) found.push_back(&logs.at(id));
  return found;
}

std::int64_t MemoryJournal::named_id(const char* table, const std::string& name) {
  std::int64_t& id = names_[{table, name}];
  if (id == 0) id = next_id(table);
  return id;
}

SourceStampId MemoryJournal::stamp_id(SourceStamp& stamp) {
  if (stamp.id) return stamp.id;
  SourceStampId& id = stamps_[{stamp.branch, stamp.revision, stamp.repository, stamp.project, stamp.codebase}];
  if (!id) id = SourceStampId(next_id("sourcestamps"));
  stamp.id = id;
  return id;
}

bool MemoryJournal::commit_one() {
  if (queue_.empty() || (held_ && let_through_ == 0)) return false;
  if (failing_) {
    if (!std::exchange(said_lost_, true) && on_storage_lost_) on_storage_lost_(true);
    return false;
  }
  if (let_through_ > 0) --let_through_;
  const Unit unit = std::move(queue_.front());
  queue_.pop_front();
  if (std::exchange(said_lost_, false) && on_storage_lost_) on_storage_lost_(false);
  if (!unit.writes.empty()) ++units;
  Committed committed;
  for (const Write& write : unit.writes) {
    committed.push_back(std::visit(Applier{*this, committed}, write));
  }
  for (const Effect& effect : unit.effects) effect(committed);
  return true;
}

void MemoryJournal::reconcile(EpochSeconds now, Snapshot& snapshot) {
  for (auto& [id, row] : builds) {
    if (row.build.complete) continue;
    row.build.complete = true;
    row.build.results = Results::retry;
    row.build.complete_at = now;
    snapshot.reconciled_builds.push_back(id);
    for (Step* step : steps_of(id)) {
      if (step->complete) continue;
      step->complete = true;
      step->results = Results::retry;
      for (auto& [log_id, log] : logs) {
        if (log.stepid == step->id) log.complete = true;
      }
    }
  }
  for (auto& [id, row] : requests) {
    if (row.request.complete) continue;
    row.request.claimed = false;
    row.request.claimed_at.reset();
    row.request.claimed_by_masterid.reset();
  }
  for (auto& [id, worker] : workers) worker.connected_to.clear();
}

Snapshot MemoryJournal::reconciled_snapshot(EpochSeconds now) {
  Snapshot snapshot;
  snapshot.master = master;
  reconcile(now, snapshot);
  for (const auto& [id, row] : requests) {
    if (row.request.complete) continue;
    snapshot.requests.push_back(row.request);
  }
  for (const auto& [id, buildset] : buildsets) {
    if (buildset.complete) continue;
    OpenBuildset& open = snapshot.buildsets.emplace_back();
    open.buildset = buildset;
    open.properties = buildset_properties[id];
    for (const auto& [request_id, row] : requests) {
      if (row.request.buildsetid != id || !row.request.complete) continue;
      open.worst = worst_status(open.worst, static_cast<Results>(*row.request.results));
    }
  }
  for (const ClassificationRow& row : classifications) {
    snapshot.classified_changes.push_back({row.scheduler, changes[row.change], row.important});
  }
  for (const auto& [name, value] : states) {
    const auto& [object, class_name, key] = name;
    snapshot.states.push_back({object, class_name, key, value});
    if (key != "upstream_bsids") continue;
    for (const Json& id : value.get_array()) {
      const Buildset& buildset = buildsets[BuildsetId(id.get_int64())];
      if (buildset.complete) snapshot.awaited.push_back(buildset);
    }
  }
  for (const auto& [id, worker] : workers) snapshot.workers.push_back(worker);
  for (const auto& [id, scheduler] : schedulers) snapshot.schedulers.push_back(scheduler);
  return snapshot;
}

}  // namespace kiln::testing
