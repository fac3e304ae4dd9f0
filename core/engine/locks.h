// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/script/locks.h"

namespace kiln::engine {

class BuildRun;
class LockClaim;

// Who has a lock or waits for one.
struct LockUser {
  const BuildRun* run = nullptr;  // whoever has the same one waits for itself when it waits for what it has
  RequestId request;
  BuildId build;  // 0: its row is not there yet
  std::string builder;
  std::string step;  // empty: the build itself
};

// One lock, as data for people.
struct LockReport {
  struct Use {
    LockUser user;
    bool exclusive = false;
    std::int64_t count = 1;
  };
  script::Lock::Kind kind = script::Lock::Kind::master;
  std::string name;
  std::string worker;  // of locks of workers
  std::int64_t places = 0;
  std::vector<Use> holders;  // those who came first, first
  std::vector<Use> waiters;  // in the order in which they get it
};

// All locks of a master: one for each kind, name and (for those of workers) worker. Whoever asks for several gets them
// all at once and holds none while it waits. It waits in the queue of the first one that it cannot have; when that one is
// free and another is not, it waits there, at the place that its age gives it. Loop thread.
class Locks {
 public:
  explicit Locks(Clock& clock);
  ~Locks();
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

  struct Waiter {
    std::function<void()> on_held;  // never before take() has returned
    // It would wait for ever, since those it waits for wait for it. It is in no queue any more. `alone`: it waits for what
    // its own build has.
    std::function<void(const std::string& why, bool alone)> on_deadlock;
  };
  // What take() gives: gone, it leaves the queue or gives all back. `version`: the version() when the configuration that
  // the accesses are of was the current one.
  std::unique_ptr<LockClaim> take(LockUser user, const script::LockAccesses& accesses, const std::string& worker,
                                  std::uint64_t version, Waiter waiter);
  // The first access that cannot be had now; null: all can.
  const script::LockAccess* blocking(const script::LockAccesses& accesses, const std::string& worker) const;
  // A builder whose requests wait for a lock: on_free(builder) once when it may have become free.
  void watch(const script::Lock& lock, const std::string& worker, BuilderId builder);
  std::function<void(BuilderId)> on_free;

  // The locks of a new configuration. Whoever holds one keeps it, although it may have fewer places now.
  void configure(const std::vector<script::Lock>& locks);
  std::uint64_t version() const { return version_; }

  std::vector<LockReport> reports() const;  // of those that are held or waited for
  LockReport report(const script::Lock& lock, const std::string& worker) const;
  // What should never be; empty: all is well. Scans everything.
  struct Trouble {
    std::string lock;
    std::string text;
  };
  std::vector<Trouble> troubles() const;
  // Of all holders.
  std::vector<LockUser> holders() const;

 private:
  friend class LockClaim;
  struct Real;
  struct Part;
  struct Cycles;
  struct Wish {
    bool exclusive = false;
    std::int64_t count = 1;
  };
  using Key = std::pair<script::Lock::Kind, std::pair<std::string, std::string>>;

  static Key key_of(const script::Lock& lock, const std::string& worker);
  const Real* find(const script::Lock& lock, const std::string& worker) const;
  Real& real(const script::Lock& lock, const std::string& worker, std::uint64_t version);
  std::int64_t places_of(const script::Lock& lock, const std::string& worker) const;
  std::vector<Part> parts_of(const script::LockAccesses& accesses, const std::string& worker, std::uint64_t version);
  static Wish wish_of(const script::LockAccesses& accesses, const script::Lock& lock);
  static bool is_free(const LockClaim& claim, const Part& part);
  void settle(LockClaim& claim);
  void hold(LockClaim& claim);
  void end(LockClaim& claim);
  void give_back(LockClaim& claim);
  void leave_queue(LockClaim& claim);
  void pump(Real& lock);
  void tell_watchers(Real& lock);
  void forget_when_idle(Real& lock);
  void tell_later(LockClaim& claim);
  void tell();
  void check_cycle(LockClaim& claim);
  void check_all_cycles();
  static LockReport report_of(const Real& lock);

  Clock& clock_;
  std::map<Key, std::unique_ptr<Real>> locks_;
  std::map<std::pair<script::Lock::Kind, std::string>, script::Lock> configured_;
  std::uint64_t version_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::unordered_map<const BuildRun*, std::set<LockClaim*>> claims_;
  std::map<std::uint64_t, LockClaim*> to_tell_;
  std::unique_ptr<Timer> telling_;
};

// What somebody has asked of Locks, which outlives it.
class LockClaim {
 public:
  ~LockClaim();
  LockClaim(const LockClaim&) = delete;
  LockClaim& operator=(const LockClaim&) = delete;

  bool is_held() const { return state_ == State::held; }
  bool has(const script::Lock& lock, const std::string& worker) const;
  void set_build(BuildId build) { user_.build = build; }

 private:
  friend class Locks;
  friend struct Locks::Cycles;
  enum class State { waiting, held, doomed };
  LockClaim(Locks& locks, LockUser user, std::uint64_t ticket, Locks::Waiter waiter);

  const Locks::Part* part_of(const Locks::Real& lock) const;

  Locks& locks_;
  LockUser user_;
  std::uint64_t ticket_;
  Locks::Waiter waiter_;
  std::vector<Locks::Part> parts_;
  State state_ = State::waiting;
  Locks::Real* waits_at_ = nullptr;
  std::string why_doomed_;
  bool doomed_alone_ = false;
};

}  // namespace kiln::engine
