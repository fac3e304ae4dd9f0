// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/kernel.h"
#include "core/engine/requests.h"
#include "core/engine/state.h"
#include "core/engine/wait_reason.h"

namespace kiln::engine {

// The workers: who is connected, who may get a build. Loop thread.
class Fleet : public WorkerGate {
 public:
  struct Hooks {
    std::function<void(WorkerState&)> on_available;
    // The link is gone; the worker's builds have not been told.
    std::function<void(WorkerState&, const std::shared_ptr<WorkerLink>&)> on_lost;
  };
  Fleet(Kernel& kernel, Requests& requests, Hooks hooks, const std::vector<Worker>& stored);

  // After kernel.config changed and its rows are committed. `ids` in the order of the configuration's workers.
  void configure(const std::vector<WorkerId>& ids);

  std::optional<std::string> password(const std::string& worker) const override;
  std::shared_ptr<WorkerLink> attached(const std::string& worker) const override;
  std::vector<BuilderDir> builders(const std::string& worker) const override;
  void attach(const std::string& worker, std::shared_ptr<WorkerLink> link) override;
  void detach(const std::string& worker, const std::shared_ptr<WorkerLink>& link) override;
  void shutdown_requested(const std::string& worker) override;

  WorkerState* find(WorkerId id) const;
  WorkerState* find(const std::string& name) const;
  const std::map<std::string, std::unique_ptr<WorkerState>>& all() const { return workers_; }

  void pause(WorkerState& worker, bool paused, const std::string& reason, Reply<> reply);
  // Graceful: no new builds, and ends when idle. Otherwise at once.
  void stop(WorkerState& worker, bool graceful, Reply<> reply);

  void reserve(WorkerState& worker, BuildRun* build);
  // The build does not need the worker any more.
  void release(WorkerState& worker, BuildRun* build);
  void quarantine(WorkerState& worker);
  void end_quarantine(WorkerState& worker);
  void reset_quarantine(WorkerState& worker);
  // Back pressure: counted, since several builds of a worker may ask for it.
  void pause_reading(WorkerState& worker, bool paused);
  void close_all(const std::string& why);
  std::size_t connected() const;

 private:
  void index_builders();
  static void keep_building(WorkerState& worker, std::vector<BuilderDir>& wanted);
  void send_builders(WorkerState& worker);
  void save_state(WorkerState& worker, Reply<> reply);
  void shut_down_when_idle(WorkerState& worker);

  Kernel& kernel_;
  Requests& requests_;
  Hooks hooks_;
  std::map<std::string, std::unique_ptr<WorkerState>> workers_;
  std::unordered_map<WorkerId, WorkerState*> by_id_;
  std::unordered_map<std::string, std::vector<BuilderDir>> configured_builders_;  // by worker name
  // What sessions were told before the attach, to find out whether a reconfiguration came between.
  mutable std::map<std::string, std::vector<BuilderDir>> told_builders_;
};

// None: `worker` may get a build of `builder` now, as far as locks do not keep it. Otherwise why not.
std::optional<WaitReason> reason_against(const WorkerState& worker, const BuilderState& builder);
bool is_eligible(const WorkerState& worker, const BuilderState& builder);
// Whether it may get builds at all now.
bool takes_builds(const WorkerState& worker);

}  // namespace kiln::engine
