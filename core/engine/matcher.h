// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/fleet.h"
#include "core/engine/kernel.h"
#include "core/engine/requests.h"

namespace kiln::engine {

// Gives waiting requests to idle workers. Runs only when it was woken: by a new or unclaimed request, a worker that
// became available, a new configuration, storage that works again. Loop thread.
class Matcher {
 public:
  struct Hooks {
    std::function<void(RequestState&, WorkerState&)> start;
    std::function<bool(BuildId)> is_running;
  };
  Matcher(Kernel& kernel, Requests& requests, Hooks hooks);

  void wake(BuilderState& builder);
  void wake(WorkerState& worker);
  void wake_all();

  std::vector<WaitReason> wait_reasons() const;
  // A request that waits while an eligible worker is idle and no run is due; empty: none.
  std::string broken_invariant() const;

 private:
  void schedule();
  void run();
  void match(BuilderState& builder);
  WorkerState* pick_worker(const BuilderState& builder);
  bool may_claim() const;
  bool may_start(const RequestState& request) const;
  RequestState* next_request(const BuilderState& builder) const;
  std::string reason_to_wait(const BuilderState& builder) const;

  Kernel& kernel_;
  Requests& requests_;
  Hooks hooks_;
  std::set<BuilderState*> woken_;
  std::unique_ptr<Timer> timer_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace kiln::engine
