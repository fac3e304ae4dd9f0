// SPDX-License-Identifier: MIT
#pragma once

#include <set>

#include "core/engine/scheduler.h"

namespace kiln::engine {

// Dependent: builds the same source again once a buildset of its upstream scheduler has succeeded. The buildsets it
// waits for are stored, so a restart forgets none.
class DependentScheduler : public LiveScheduler {
 public:
  DependentScheduler(const Needs& needs, SchedulerState& state);

  void refresh() override;
  void stop() override {}
  void buildset_added(const Buildset& row, const std::string& scheduler) override;
  void buildset_complete(const Buildset& row, const std::vector<Change>& changes) override;

 protected:
  std::string state_class() const override { return "buildbot.schedulers.dependent.Dependent"; }

 private:
  Write store_pending();
  void follow(const Buildset& row, const std::vector<Change>& changes);

  std::set<std::int64_t> pending_;
  std::vector<std::pair<Buildset, std::vector<Change>>> missed_;  // complete while it was disabled
};

}  // namespace kiln::engine
