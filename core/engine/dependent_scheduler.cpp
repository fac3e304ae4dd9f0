// SPDX-License-Identifier: MIT
#include "core/engine/dependent_scheduler.h"

namespace kiln::engine {

DependentScheduler::DependentScheduler(const Needs& needs, SchedulerState& state) : LiveScheduler(needs, state) {
  const Json* ids = stored("upstream_bsids");
  if (ids == nullptr || !ids->is_array()) return;
  for (const Json& id : ids->get_array()) {
    if (id.is_int64()) pending_.insert(id.get_int64());
  }
}

void DependentScheduler::refresh() {
  if (!state_.is_active()) return;
  for (const auto& [row, changes] : std::exchange(missed_, {})) follow(row, changes);
}

Write DependentScheduler::store_pending() {
  return store("upstream_bsids", JsonArray(pending_.begin(), pending_.end()));
}

void DependentScheduler::buildset_added(const Buildset& row, const std::string& scheduler) {
  if (!state_.is_active() || scheduler != config().upstream) return;
  pending_.insert(row.id.value);
  Unit unit;
  unit.add(store_pending());
  kernel_.journal.commit(std::move(unit));
}

void DependentScheduler::buildset_complete(const Buildset& row, const std::vector<Change>& changes) {
  if (!pending_.contains(row.id.value)) return;
  if (state_.is_active()) {
    follow(row, changes);
  } else {
    missed_.emplace_back(row, changes);
  }
}

void DependentScheduler::follow(const Buildset& row, const std::vector<Change>& changes) {
  pending_.erase(row.id.value);
  const auto results = static_cast<Results>(row.results.value_or(static_cast<int>(Results::exception)));
  if (results != Results::success && results != Results::warnings) {
    Unit unit;
    unit.add(store_pending());
    kernel_.journal.commit(std::move(unit));
    return;
  }
  NewBuildset order = new_order(config().reason);
  for (const Change& change : changes) order.properties.update(change.properties);
  order.row.sourcestamps = row.sourcestamps;
  order.changes = changes;
  order.with.push_back(store_pending());
  order_builds(std::move(order), [](const Result<ForceResult>&) {});
}

}  // namespace kiln::engine
