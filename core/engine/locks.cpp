// SPDX-License-Identifier: MIT
#include "core/engine/locks.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/result.h"
#include "core/engine/locks_table.h"

namespace kiln::engine {

Locks::Locks(Clock& clock) : clock_(clock) {}

Locks::~Locks() { KILN_CHECK(claims_.empty()); }

LockClaim::LockClaim(Locks& locks, LockUser user, std::uint64_t ticket, Locks::Waiter waiter)
    : locks_(locks), user_(std::move(user)), ticket_(ticket), waiter_(std::move(waiter)) {}

LockClaim::~LockClaim() { locks_.end(*this); }

bool LockClaim::has(const script::Lock& lock, const std::string& worker) const {
  const Locks::Real* real = locks_.find(lock, worker);
  return real != nullptr && part_of(*real) != nullptr;
}

const Locks::Part* LockClaim::part_of(const Locks::Real& lock) const {
  const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Locks::Part& part) { return part.lock == &lock; });
  return found == parts_.end() ? nullptr : &*found;
}

Locks::Key Locks::key_of(const script::Lock& lock, const std::string& worker) {
  return {lock.kind, {lock.name, lock.kind == script::Lock::Kind::worker ? worker : std::string()}};
}

const Locks::Real* Locks::find(const script::Lock& lock, const std::string& worker) const {
  const auto found = locks_.find(key_of(lock, worker));
  return found == locks_.end() ? nullptr : found->second.get();
}

std::int64_t Locks::places_of(const script::Lock& lock, const std::string& worker) const {
  const auto configured = configured_.find({lock.kind, lock.name});
  return (configured == configured_.end() ? lock : configured->second).places(worker);
}

// What a renderable has made is not among the configured ones: there the newest configuration's own word counts.
Locks::Real& Locks::real(const script::Lock& lock, const std::string& worker, std::uint64_t version) {
  Key key = key_of(lock, worker);
  std::unique_ptr<Real>& slot = locks_[key];
  if (!slot) {
    slot = std::make_unique<Real>();
    slot->key = std::move(key);
    slot->places = places_of(lock, worker);
    slot->version = version;
  } else if (version >= slot->version) {
    slot->version = version;
    if (slot->set_places(places_of(lock, worker))) pump(*slot);
  }
  return *slot;
}

// A list may name a lock more than once: together these are one wish.
Locks::Wish Locks::wish_of(const script::LockAccesses& accesses, const script::Lock& lock) {
  Wish wish{false, 0};
  for (const script::LockAccess& access : accesses) {
    if (access.lock.kind != lock.kind || access.lock.name != lock.name || access.count == 0) continue;
    wish.exclusive = wish.exclusive || access.exclusive;
    wish.count += access.count;
  }
  if (wish.exclusive) wish.count = 1;
  return wish;
}

std::vector<Locks::Part> Locks::parts_of(const script::LockAccesses& accesses, const std::string& worker,
                                         std::uint64_t version) {
  std::vector<Part> parts;
  for (const script::LockAccess& access : accesses) {
    const Wish wish = wish_of(accesses, access.lock);
    if (wish.count == 0) continue;
    Real& lock = real(access.lock, worker, version);
    const bool is_new =
        std::none_of(parts.begin(), parts.end(), [&](const Part& part) { return part.lock == &lock; });
    if (!is_new) continue;
    parts.push_back({&lock, wish});
    ++lock.claims;
  }
  return parts;
}

bool Locks::Real::fits(const Wish& wish) const {
  if (wish.exclusive) return holders.empty();
  return !is_exclusive && taken + wish.count <= places;
}

bool Locks::Real::set_places(std::int64_t count) {
  const bool grows = count > std::exchange(places, count);
  places_before = taken;
  return grows;
}

// Whoever stands at the head of a queue cannot have it, so nobody behind it can: no need to look further.
bool Locks::is_free(const LockClaim& claim, const Part& part) {
  const auto& queue = part.lock->queue;
  return (queue.empty() || queue.begin()->first > claim.ticket_) && part.lock->fits(part.wish);
}

std::unique_ptr<LockClaim> Locks::take(LockUser user, const script::LockAccesses& accesses, const std::string& worker,
                                       std::uint64_t version, Waiter waiter) {
  std::unique_ptr<LockClaim> claim(new LockClaim(*this, std::move(user), next_ticket_++, std::move(waiter)));
  claims_[claim->user_.run].insert(claim.get());
  claim->parts_ = parts_of(accesses, worker, version);
  settle(*claim);
  return claim;
}

void Locks::settle(LockClaim& claim) {
  for (const Part& part : claim.parts_) {
    if (is_free(claim, part)) continue;
    claim.waits_at_ = part.lock;
    part.lock->queue.emplace(claim.ticket_, &claim);
    check_cycle(claim);
    return;
  }
  hold(claim);
}

void Locks::hold(LockClaim& claim) {
  for (const Part& part : claim.parts_) {
    part.lock->taken += part.wish.count;
    part.lock->is_exclusive = part.wish.exclusive;
    part.lock->holders.emplace(claim.ticket_, &claim);
  }
  claim.state_ = LockClaim::State::held;
  claim.waits_at_ = nullptr;
}

void Locks::pump(Real& lock) {
  while (!lock.queue.empty()) {
    LockClaim& first = *lock.queue.begin()->second;
    if (!lock.fits(first.part_of(lock)->wish)) return;
    lock.queue.erase(lock.queue.begin());
    settle(first);
    if (first.is_held()) tell_later(first);
  }
}

void Locks::end(LockClaim& claim) {
  to_tell_.erase(claim.ticket_);
  const auto of_run = claims_.find(claim.user_.run);
  of_run->second.erase(&claim);
  if (of_run->second.empty()) claims_.erase(of_run);
  if (claim.is_held()) {
    give_back(claim);
  } else {
    leave_queue(claim);
  }
  for (const Part& part : claim.parts_) {
    --part.lock->claims;
    forget_when_idle(*part.lock);
  }
}

void Locks::give_back(LockClaim& claim) {
  for (const Part& part : claim.parts_) {
    part.lock->taken -= part.wish.count;
    part.lock->is_exclusive = false;
    part.lock->holders.erase(claim.ticket_);
  }
  for (const Part& part : claim.parts_) {
    pump(*part.lock);
    tell_watchers(*part.lock);
  }
}

void Locks::leave_queue(LockClaim& claim) {
  Real* lock = std::exchange(claim.waits_at_, nullptr);
  if (lock == nullptr) return;
  lock->queue.erase(claim.ticket_);
  pump(*lock);
  tell_watchers(*lock);
}

void Locks::tell_watchers(Real& lock) {
  const bool is_full = lock.is_exclusive || lock.taken >= lock.places;
  if (!lock.queue.empty() || (is_full && !lock.holders.empty())) return;
  for (const BuilderId builder : std::exchange(lock.watchers, {})) {
    if (on_free) on_free(builder);
  }
}

void Locks::forget_when_idle(Real& lock) {
  if (lock.claims == 0 && lock.watchers.empty()) locks_.erase(lock.key);
}

void Locks::tell_later(LockClaim& claim) {
  to_tell_.emplace(claim.ticket_, &claim);
  if (!telling_) telling_ = clock_.call_after(std::chrono::milliseconds(0), [this] { tell(); });
}

// Each may end others, or itself.
void Locks::tell() {
  telling_.reset();
  while (!to_tell_.empty()) {
    LockClaim& claim = *to_tell_.extract(to_tell_.begin()).mapped();
    const Waiter waiter = std::exchange(claim.waiter_, {});
    if (claim.is_held()) {
      if (waiter.on_held) waiter.on_held();
    } else if (waiter.on_deadlock) {
      waiter.on_deadlock(claim.why_doomed_, claim.doomed_alone_);
    }
  }
}

const script::LockAccess* Locks::blocking(const script::LockAccesses& accesses, const std::string& worker) const {
  for (const script::LockAccess& access : accesses) {
    const Real* lock = find(access.lock, worker);
    const Wish wish = wish_of(accesses, access.lock);
    if (wish.count == 0) continue;
    if (lock != nullptr) {
      if (!lock->queue.empty() || !lock->fits(wish)) return &access;
    } else if (!wish.exclusive && wish.count > places_of(access.lock, worker)) {
      return &access;
    }
  }
  return nullptr;
}

void Locks::watch(const script::Lock& lock, const std::string& worker, BuilderId builder) {
  real(lock, worker, 0).watchers.insert(builder);
}

void Locks::configure(const std::vector<script::Lock>& locks) {
  ++version_;
  configured_.clear();
  for (const script::Lock& lock : locks) configured_.insert_or_assign({lock.kind, lock.name}, lock);
  std::vector<Real*> grown;
  for (const auto& [key, lock] : locks_) {
    const auto configured = configured_.find({lock->key.first, lock->name()});
    if (configured == configured_.end()) continue;
    lock->version = version_;
    if (lock->set_places(configured->second.places(lock->worker()))) grown.push_back(lock.get());
  }
  for (Real* lock : grown) {
    pump(*lock);
    tell_watchers(*lock);
  }
  check_all_cycles();
}

}  // namespace kiln::engine
