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

std::string Locks::Real::trouble() const {
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

std::vector<Locks::Trouble> Locks::troubles() const {
  std::vector<Trouble> found;
  for (const auto& [key, lock] : locks_) {
    std::string what = lock->trouble();
    if (what.empty() && lock->claims == 0 && lock->watchers.empty()) what = "is of nobody";
    if (!what.empty()) found.push_back({lock->name(), std::move(what)});
  }
  for (const auto& [run, claims] : claims_) {
    for (const LockClaim* claim : claims) {
      const Real* at = claim->waits_at_;
      const bool is_queued = at != nullptr && at->queue.contains(claim->ticket_);
      if (at != nullptr && !is_queued) found.push_back({at->name(), "is waited for by somebody who is not in its queue"});
      if (at == nullptr && claim->state_ == LockClaim::State::waiting) {
        found.push_back({claim->parts_.empty() ? "" : claim->parts_.front().lock->name(), "is claimed by somebody who waits for nothing"});
      }
    }
  }
  return found;
}

}  // namespace kiln::engine
