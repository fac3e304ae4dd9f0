// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/model/journal.h"

namespace kiln::testing {

// A Journal that keeps its rows in memory and passes the contract suite. Units wait until the test commits them, so a
// test can hold acknowledgements back, and make writing fail for a while.
class MemoryJournal : public Journal {
 public:
  struct RequestRow {
    BuildRequest request;
    int completions = 0;
  };
  struct BuildRow {
    Build build;
    Properties properties;
  };
  struct ClassificationRow {
    SchedulerId scheduler;
    ChangeId change;
    bool important = true;
  };

  MasterId master{1};
  std::map<ChangeId, Change> changes;
  std::map<BuildsetId, Buildset> buildsets;
  std::map<BuildsetId, Properties> buildset_properties;
  std::map<std::string, writes::AddVirtualBuilder> virtual_builders;
  std::map<RequestId, RequestRow> requests;
  std::map<BuildId, BuildRow> builds;
  std::map<StepId, Step> steps;
  std::map<LogId, Log> logs;
  std::map<WorkerId, Worker> workers;
  std::map<SchedulerId, Scheduler> schedulers;
  std::vector<ClassificationRow> classifications;
  std::map<std::tuple<std::string, std::string, std::string>, Json> states;  // by object, class, key
  std::map<std::pair<BuildId, std::string>, std::pair<std::string, std::string>> build_data;  // value and source
  std::map<std::int64_t, TestResultSet> test_result_sets;
  std::map<std::int64_t, std::vector<TestResult>> test_results;  // by set
  std::map<std::pair<std::int64_t, std::string>, Json> object_states;  // by object and key
  std::vector<std::string> problems;  // writes that no database would take
  std::size_t units = 0;              // committed ones with writes

  void commit(Unit unit) override { queue_.push_back(std::move(unit)); }
  void on_storage_lost(std::function<void(bool)> callback) override { on_storage_lost_ = std::move(callback); }

  // Commits the oldest unit and runs its effects. False: nothing to commit, or not possible now.
  bool commit_one();
  void hold(bool held) { held_ = held; }
  // Lets this many units through while held.
  void let_through(std::size_t count) { let_through_ = count; }
  void set_failing(bool failing) { failing_ = failing; }
  std::size_t waiting() const { return queue_.size(); }
  // Units that never were committed are lost, as with a master that is killed.
  void crash() { queue_.clear(); }

  // What a master finds at its start, after the reconciliation.
  Snapshot reconciled_snapshot(EpochSeconds now);

 private:
  struct Applier;
  void reconcile(EpochSeconds now, Snapshot& snapshot);
  std::vector<Step*> steps_of(BuildId build);
  std::vector<Log*> logs_of(StepId step);
  std::int64_t next_id(const char* table) { return ++last_ids_[table]; }
  std::int64_t named_id(const char* table, const std::string& name);
  SourceStampId stamp_id(SourceStamp& stamp);

  std::deque<Unit> queue_;
  std::function<void(bool)> on_storage_lost_;
  bool held_ = false;
  bool failing_ = false;
  bool said_lost_ = false;
  std::size_t let_through_ = 0;
  std::map<std::string, std::int64_t> last_ids_;
  std::map<std::pair<std::string, std::string>, std::int64_t> names_;
  std::map<std::tuple<std::optional<std::string>, std::optional<std::string>, std::string, std::string, std::string>,
           SourceStampId>
      stamps_;
  std::map<BuilderId, std::int64_t> build_numbers_;
  std::map<BuildId, std::vector<StepId>> steps_by_build_;
  std::map<StepId, std::vector<LogId>> logs_by_step_;
  std::map<BuildsetId, std::vector<RequestId>> requests_by_buildset_;
};

}  // namespace kiln::testing
