// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/scheduler.h"

namespace kiln::engine {

// SingleBranchScheduler and AnyBranchScheduler: changes become buildsets, at once or when nothing has changed for a
// while. AnyBranchScheduler waits and builds for each (codebase, project, repository, branch) by itself.
class ChangeScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override;
  void stop() override { timers_.clear(); }
  bool takes_changes() const override { return state_.is_active(); }
  bool keeps_unimportant() const override;
  void change_kept(const Change& change, bool important) override;

 private:
  std::string group_of(const Change& change) const;
  void restart_timer(const std::string& group);
  void build(const std::string& group);

  std::map<std::string, std::unique_ptr<Timer>> timers_;  // running ones, by group
};

}  // namespace kiln::engine
