// SPDX-License-Identifier: MIT
#include "core/engine/change_scheduler.h"

#include <set>

namespace kiln::engine {

// Without a timer an unimportant change has nothing to wait for.
bool ChangeScheduler::keeps_unimportant() const {
  return !config().only_important && config().tree_stable_timer.has_value();
}

std::string ChangeScheduler::group_of(const Change& change) const {
  if (config().kind == script::SchedulerConfig::Kind::single_branch) return {};
  std::string group;
  for (const std::string* part : {&change.codebase, &change.project, &change.repository}) {
    group += *part;
    group += '\0';
  }
  return change.branch ? group + '=' + *change.branch : group;
}

// What was kept goes on.
void ChangeScheduler::refresh() {
  if (!state_.is_active()) {
    timers_.clear();
    return;
  }
  std::set<std::string> due;
  for (const auto& [id, kept] : state_.kept) {
    if (kept.important) due.insert(group_of(kept.change));
  }
  for (const std::string& group : due) {
    if (!config().tree_stable_timer) {
      build(group);
    } else if (!timers_.contains(group)) {
      restart_timer(group);
    }
  }
}

void ChangeScheduler::change_kept(const Change& change, bool important) {
  if (!state_.is_active()) return;
  const std::string group = group_of(change);
  if (!config().tree_stable_timer) {
    build(group);
  } else if (important || timers_.contains(group)) {
    restart_timer(group);
  }
}

void ChangeScheduler::restart_timer(const std::string& group) {
  timers_[group] = kernel_.clock.call_after(*config().tree_stable_timer, [this, group] {
    timers_.erase(group);
    if (state_.is_active()) build(group);
  });
}

// All kept changes of the group become one buildset.
void ChangeScheduler::build(const std::string& group) {
  Kept changes;
  for (auto it = state_.kept.begin(); it != state_.kept.end();) {
    const auto next = std::next(it);
    if (group_of(it->second.change) == group) changes.insert(state_.kept.extract(it));
    it = next;
  }
  if (changes.empty()) return;
  NewBuildset order = new_order(config().reason);
  add_changes(order, changes);
  order_builds(std::move(order), [](const Result<ForceResult>&) {});
}

}  // namespace kiln::engine
