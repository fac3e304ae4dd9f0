// SPDX-License-Identifier: MIT
// The locks of a build: those of its builder and its worker are taken with the worker, those that a renderable makes when
// the build is open. The second step of a build tells of its builder's.
#include "core/base/log.h"
#include "core/engine/build_accesses.h"
#include "core/engine/build_run.h"
#include "core/engine/step_logs.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

constexpr const char* step_name = "locks_acquire";

}  // namespace

LockUser BuildRun::lock_user() const { return {this, request_.row.id, row_.id, builder_.name, ""}; }

Locks::Waiter BuildRun::lock_waiter() {
  return {[this] { on_locks_free(); },
          [this](const std::string& why, bool alone) { on_deadlock(why, alone); }};
}

void BuildRun::take_first_locks() {
  locks_version_ = kernel_.locks.version();
  const script::LockAccesses accesses = build_accesses(*config_, worker_.config.get());
  if (accesses.empty()) return;
  claim_ = kernel_.locks.take(lock_user(), accesses, worker_.row.name, locks_version_, lock_waiter());
}

void BuildRun::give_locks_back() {
  computed_claim_.reset();
  claim_.reset();
}

bool BuildRun::has_locks() const {
  return (!claim_ || claim_->is_held()) && (!computed_claim_ || computed_claim_->is_held());
}

// What it has by its worker's list, it need not take again.
void BuildRun::take_computed_locks() {
  script::LockAccesses accesses = computed_accesses_;
  std::erase_if(accesses, [this](const script::LockAccess& access) {
    return claim_ && claim_->has(access.lock, worker_.row.name);
  });
  if (accesses.empty()) return;
  computed_claim_ = kernel_.locks.take(lock_user(), accesses, worker_.row.name, locks_version_, lock_waiter());
}

void BuildRun::acquire_locks() {
  enter_phase(Phase::locking);
  publish_state("acquiring locks");
  acquisition_.number = next_step_number();
  acquisition_.name = unique_step_name(step_name);
  acquisition_.buildid = row_.id;
  acquisition_.state_string = "pending";
  const EpochSeconds now = kernel_.clock.now_s();
  const std::size_t index = pending_.add(
      writes::AddStep{row_.id, acquisition_.number, acquisition_.name, acquisition_.state_string, now, std::nullopt});
  pending_.then([self = shared_from_this(), index, now](const Committed& committed) {
    Step& step = self->acquisition_;
    step.id = StepId(committed[index].id);
    self->kernel_.publish("new", step);
    step.started_at = now;
    self->kernel_.publish("started", step);
    self->take_computed_locks();
    self->on_locks_free();
  });
  commit_pending();
}

void BuildRun::on_locks_free() {
  if (phase_ != Phase::locking || acquisition_.id.value == 0) return;
  if (!has_locks() && !stop_ && !is_lost_) return;
  if (!has_locks()) give_locks_back();
  finish_acquisition();
}

// Also of a build that was stopped before it got them: it only runs what always runs.
void BuildRun::finish_acquisition() {
  enter_phase(Phase::stepping);
  const EpochSeconds start = acquisition_.started_at.value_or(0);
  const EpochSeconds now = kernel_.end_of(start);
  add_locks_time(now - start);
  pending_.add(writes::StartStep{acquisition_.id, start, now});
  pending_.then([self = shared_from_this(), now](const Committed&) { self->acquisition_.locks_acquired_at = now; });
  finish_own_step(acquisition_, Results::success, "locks acquired");
  begin_steps();
}

void BuildRun::on_deadlock(const std::string& why, bool alone) {
  log_warning("locks would be waited for for ever: {}", why);
  stop("builds wait for each other's locks: " + why, alone ? Results::exception : Results::retry);
}

}  // namespace kiln::engine
