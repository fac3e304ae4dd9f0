// SPDX-License-Identifier: MIT
// What Locks tells of itself.
#include <fmt/format.h>

#include "core/engine/locks_table.h"

namespace kiln::engine {

LockReport Locks::report_of(const Real& lock) {
  LockReport report{lock.key.first, lock.name(), lock.worker(), lock.places, {}, {}};
  const auto add = [&lock](std::vector<LockReport::Use>& uses, const LockClaim& claim) {
    const Wish& wish = claim.part_of(lock)->wish;
    uses.push_back({claim.user_, wish.exclusive, wish.count});
  };
  for (const auto& [ticket, claim] : lock.holders) add(report.holders, *claim);
  for (const auto& [ticket, claim] : lock.queue) add(report.waiters, *claim);
  return report;
}

std::vector<LockReport> Locks::reports() const {
  std::vector<LockReport> reports;
  for (const auto& [key, lock] : locks_) {
    if (!lock->holders.empty() || !lock->queue.empty()) reports.push_back(report_of(*lock));
  }
  return reports;
}

LockReport Locks::report(const script::Lock& lock, const std::string& worker) const {
  if (const Real* real = find(lock, worker)) return report_of(*real);
  const Key key = key_of(lock, worker);
  return {lock.kind, lock.name, key.second.second, places_of(lock, worker), {}, {}};
}

std::vector<LockUser> Locks::holders() const {
  std::vector<LockUser> users;
  for (const auto& [run, claims] : claims_) {
    for (const LockClaim* claim : claims) {
      if (claim->is_held()) users.push_back(claim->user_);
    }
  }
  return users;
}

std::string Locks::Real::broken_invariant() const {
  std::int64_t held = 0;
  bool alone = false;
  for (const auto& [ticket, claim] : holders) {
    const Part* part = claim->part_of(*this);
    if (!claim->is_held() || part == nullptr) return "has a holder that does not hold it";
    held += part->wish.count;
    alone = alone || part->wish.exclusive;
  }
  if (held != taken || alone != is_exclusive) return fmt::format("counts {} taken places instead of {}", taken, held);
  if (alone && holders.size() > 1) return "is held exclusively by more than one";
  if (!alone && taken > places && taken > places_before) return fmt::format("has {} of {} places taken", taken, places);
  for (const auto& [ticket, claim] : queue) {
    if (claim->waits_at_ != this || claim->is_held()) return "has somebody in its queue who does not wait there";
  }
  if (!queue.empty() && fits(queue.begin()->second->part_of(*this)->wish)) return "has a waiter who could have it";
  return {};
}

std::string Locks::broken_invariant() const {
  for (const auto& [key, lock] : locks_) {
    const std::string what = lock->broken_invariant();
    if (!what.empty()) return fmt::format("lock \"{}\" {}", lock->name(), what);
    if (lock->claims == 0 && lock->watchers.empty()) return fmt::format("lock \"{}\" is of nobody", lock->name());
  }
  for (const auto& [run, claims] : claims_) {
    for (const LockClaim* claim : claims) {
      const bool waits = claim->waits_at_ != nullptr;
      if (waits && !claim->waits_at_->queue.contains(claim->ticket_)) return "somebody waits in no queue";
      if (!waits && claim->state_ == LockClaim::State::waiting) return "somebody waits for nothing";
    }
  }
  return {};
}

}  // namespace kiln::engine
