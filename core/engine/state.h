// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/worker_link.h"
#include "core/model/entities.h"
#include "core/script/config.h"

// The engine's tables. Rows live as long as something refers to them; pointers between them stay valid until then.
namespace kiln::engine {

class BuildRun;
struct BuilderState;
struct BuildsetState;

// A request that is not complete.
struct RequestState {
  // adding: not announced yet. claiming, completing: the unit that says so is not committed yet. elsewhere: another
  // master has it.
  enum class Phase { adding, waiting, claiming, building, completing, elsewhere };

  BuildRequest row;
  Phase phase = Phase::adding;
  BuildsetState* buildset = nullptr;
  BuilderState* builder = nullptr;
  std::string collapse_key;  // requests of a builder with the same key may be collapsed; empty: never
  BuildRun* build = nullptr;
  script::WaitingRequestPtr shown;  // how functions that choose see it; null: none has been asked
  int shown_edition = 0;            // the buildset's then
  int retries = 0;                  // builds of it that ended as RETRY, since the master started
  EpochSeconds retry_at = 0;
  std::unique_ptr<Timer> retry_delay;  // set: it is not built before `retry_at`
};

// A buildset that is not complete.
struct BuildsetState {
  Buildset row;
  Properties properties;
  std::vector<Change> changes;  // of each sourcestamp the newest
  std::size_t open = 0;         // requests whose completion is not decided yet
  std::size_t uncommitted = 0;  // requests that are not complete in the database
  Results worst = Results::success;
  std::function<void(Results)> on_complete;  // may be null
  int edition = 0;                           // of its properties
  std::weak_ptr<void> adding;                // whoever will announce it and put its requests into their queues
};

struct MoreUrgent {
  bool operator()(const RequestState* a, const RequestState* b) const {
    if (a->row.priority != b->row.priority) return a->row.priority > b->row.priority;
    return a->row.id < b->row.id;
  }
};
struct Older {
  bool operator()(const RequestState* a, const RequestState* b) const { return a->row.id < b->row.id; }
};

// A worker that is configured or connected.
struct WorkerState {
  // attaching: the row that says it is connected is not committed yet.
  enum class Phase { away, attaching, ready };

  Worker row;
  std::shared_ptr<const script::WorkerConfig> config;  // null: not configured any more
  Phase phase = Phase::away;
  std::shared_ptr<WorkerLink> link;
  std::unordered_map<std::string, std::string> known_builders;  // to its link: directory by name
  bool keeps_builders = false;  // it knows builders of running builds that are not configured so any more
  std::vector<BuildRun*> builds;          // claimed ones too
  std::unique_ptr<Timer> quarantine;      // set: it gets no builds
  EpochSeconds quarantined_until = 0;
  std::chrono::seconds next_quarantine{0};
  bool is_leaving = false;  // was asked to end
  int reading_pauses = 0;
};

struct BuilderState {
  BuilderId id;
  std::string name;
  std::shared_ptr<const script::BuilderConfig> config;  // null: not configured any more
  std::vector<WorkerState*> workers;
  std::optional<double> mean_seconds;  // that its latest builds took; none: none has ended yet
  std::set<RequestState*, MoreUrgent> waiting;
  std::set<RequestState*, Older> waiting_by_age;
  std::unordered_map<std::string, std::set<RequestState*, Older>> collapsible;  // waiting ones by collapse_key
};

}  // namespace kiln::engine
