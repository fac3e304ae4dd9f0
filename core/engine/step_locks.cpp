// SPDX-License-Identifier: MIT
// The locks of a step: taken before it runs, waited for in its own row, given back with its end.
#include <fmt/format.h>

#include "core/base/log.h"
#include "core/engine/build_accesses.h"
#include "core/engine/build_run.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

constexpr std::chrono::seconds show_waiting_after{1};

}  // namespace

// Before the row is written, so that it says at once when nothing is waited for.
void StepRun::take_locks() {
  if (prepared_.locks.empty() || prepared_.skip || prepared_.error || is_stopped_ || is_abandoned_) return;
  if (const script::Lock* shared = shared_lock(build_.own_accesses(), prepared_.locks)) {
    prepared_.error = fmt::format("the step takes lock \"{}\", which its builder takes, too: only one of them can",
                                  shared->name);
    early_logs_.clear();
    return;
  }
  LockUser user = build_.lock_user();
  user.step = prepared_.options.name;
  claim_ = build_.kernel().locks.take(std::move(user), prepared_.locks, build_.worker().row.name, build_.locks_version(),
                                      {[this] { on_locks_free(); },
                                       [this](const std::string& why, bool alone) { on_deadlock(why, alone); }});
}

bool StepRun::waits_for_locks() const { return claim_ && !claim_->is_held(); }

// Its row is there.
void StepRun::wait_for_locks() {
  enter_phase(Phase::locking);
  if (deadlock_) {
    give_way();
  } else if (claim_->is_held()) {
    on_locks_free();
  } else {
    timer_ = build_.kernel().clock.call_after(show_waiting_after, [this] {
      timer_.reset();
      write_state(prepared_.waiting_string.empty() ? prepared_.state_string : prepared_.waiting_string);
    });
  }
}

void StepRun::on_locks_free() {
  if (phase_ != Phase::locking || is_stopped_) return;
  timer_.reset();
  const EpochSeconds start = row_.started_at.value_or(0);
  const EpochSeconds now = build_.kernel().end_of(start);
  build_.add_locks_time(now - start);
  Unit& unit = build_.pending();
  unit.add(writes::StartStep{row_.id, start, now});
  write_early_logs(unit, row_.id);
  unit.then([self = shared_from_this(), now](const Committed&) {
    self->row_.locks_acquired_at = now;
    self->build_.kernel().publish("updated", self->row_);
    if (self->phase_ != Phase::locking) return;
    if (self->is_stopped_) {
      self->conclude(Results::cancelled, std::nullopt);
    } else {
      self->run();
    }
  });
  build_.commit_pending();
}

void StepRun::on_deadlock(const std::string& why, bool alone) {
  log_warning("locks would be waited for for ever: {}", why);
  deadlock_ = Deadlock{why, alone};
  if (phase_ == Phase::locking) give_way();
}

// Alone it would be the same the next time. Otherwise the build begins again, and the others have its locks meanwhile.
void StepRun::give_way() {
  const auto keep = shared_from_this();
  if (deadlock_->alone) {
    claim_.reset();
    early_logs_.clear();
    conclude(Results::exception, deadlock_->why);
    return;
  }
  const std::string reason = "builds wait for each other's locks: " + deadlock_->why;
  if (!build_.is_stopping()) build_.stop(reason, Results::retry);
  interrupt(reason, false);
}

// Interrupted. What has just been got is given back with the step's end.
void StepRun::leave_lock_queue() {
  if (claim_ && claim_->is_held()) return;
  claim_.reset();
  early_logs_.clear();
  logs_.write_text(build_.pending(), row_.id, "cancelled while waiting for locks", LogType::text, stop_reason_);
  conclude(Results::cancelled, std::nullopt);
  build_.commit_pending();
}

}  // namespace kiln::engine
