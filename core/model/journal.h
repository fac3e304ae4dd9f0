// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/entities.h"
#include "core/model/unit.h"

namespace kiln {

// Where the engine's units of work become durable. Called on the loop thread. Units commit in the order given; their
// effects run on the loop thread, in that order, never from inside commit(). Failures that pass (busy, broken before
// commit, storage full) are retried by the journal: a unit is never dropped and its effects run once.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void commit(Unit unit) = 0;
  // Called on the loop thread when writing begins to fail (true) and when it works again (false).
  virtual void on_storage_lost(std::function<void(bool lost)> callback) = 0;
};

// A buildset of which something is left to do, with what a build of it needs.
struct OpenBuildset {
  Buildset buildset;
  Properties properties;
  std::vector<Change> changes;       // of each of its sourcestamps the newest, where there is one
  Results worst = Results::success;  // of its requests that are complete
};

struct ClassifiedChange {
  SchedulerId scheduler;
  Change change;
  bool important = true;
};

struct StoredState {
  std::string object_name;
  std::string class_name;
  std::string key;
  Json value;
};

// The engine's start-up state, read after the reconciliation: no unfinished build of this master is left in it.
struct Snapshot {
  MasterId master;
  std::deque<BuildRequest> requests;   // that are not complete
  std::deque<OpenBuildset> buildsets;  // that are not complete, or have such requests; by their ids
  std::vector<ClassifiedChange> classified_changes;
  std::vector<Worker> workers;        // for paused, graceful
  std::vector<Scheduler> schedulers;  // for enabled
  std::vector<StoredState> states;    // of schedulers
  std::vector<Buildset> awaited;      // complete ones that a dependent scheduler has not answered
  std::vector<BuildId> reconciled_builds;  // finished with RETRY at this start
};

}  // namespace kiln
