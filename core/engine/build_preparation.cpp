// SPDX-License-Identifier: MIT
// The part of a build before its first step: Python's objects, the worker's readiness, back pressure.
#include <fmt/format.h>

#include "core/base/log.h"
#include "core/engine/build_run.h"
#include "core/engine/native_shell.h"
#include "core/engine/step_logs.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

constexpr std::chrono::seconds preparation_patience{60};
constexpr std::size_t hold_back_above = std::size_t{4} << 20;
constexpr std::size_t go_on_below = std::size_t{2} << 20;

}  // namespace

script::BuildContext BuildRun::context() const {
  script::BuildContext context;
  context.builder = builder_.id;
  context.builder_name = builder_.name;
  context.request = request_.row.id;
  context.buildset = request_.row.buildsetid;
  context.reason = request_.buildset->row.reason;
  context.worker = worker_.row.id;
  context.worker_name = worker_.row.name;
  context.worker_info = worker_info_;
  context.properties = properties_;
  context.workdir = config_->workdir;
  return context;
}

void BuildRun::open_python() {
  script::BuildContext context = this->context();
  context.build = row_.id;
  context.number = row_.number;
  context.builder = row_.builderid;
  context.sourcestamps = stamps_;
  context.changes = request_.buildset->changes;
  context.asked = std::exchange(asked_, nullptr);
  std::vector<script::ObjectRef> recipes;
  for (const script::StepRecipe& recipe : config_->steps) {
    if (!recipe.native) recipes.push_back(recipe.python);
  }
  config_->maker->open(std::move(context), std::move(recipes),
                       [self = shared_from_this()](Result<script::OpenedBuild> opened) {
                         self->on_opened(std::move(opened));
                       });
}

void BuildRun::on_opened(Result<script::OpenedBuild> opened) {
  if (phase_ != Phase::preparing) {
    // Stopped or lost meanwhile.
    if (opened && opened->session) opened->session->close(results_);
    return;
  }
  if (!opened) {
    fail_preparation({Results::exception, "error while setupBuild", "Build.setupBuild failed", opened.error().what});
    return;
  }
  session_ = opened->session;
  take_properties(opened->properties);
  computed_accesses_ = std::move(opened->locks);
  make_steps(std::move(opened->steps));
  ping();
}

void BuildRun::make_steps(std::vector<script::StepPtr> python) {
  std::size_t next_python = 0;
  for (const script::StepRecipe& recipe : config_->steps) {
    if (recipe.native) {
      upcoming_.push_back({make_native_shell(recipe.native, *this), true});
    } else if (next_python < python.size()) {
      upcoming_.push_back({std::move(python[next_python++]), false});
    }
  }
  for (; next_python < python.size(); ++next_python) upcoming_.push_back({std::move(python[next_python]), false});
}

void BuildRun::set_preparation_deadline(std::chrono::seconds patience) {
  deadline_ = kernel_.clock.call_after(patience, [self = shared_from_this()] {
    self->worker_not_ready(make_error(Errc::timeout, "the preparation of the build took too long"));
  });
}

void BuildRun::ping() {
  publish_state("pinging worker");
  commit_pending();
  if (!stop_) set_preparation_deadline(preparation_patience);
  link_->ping([self = shared_from_this()](const Result<void>& done) { self->on_pinged(done); });
}

void BuildRun::on_pinged(const Result<void>& done) {
  if (phase_ != Phase::preparing) return;
  if (!done) {
    worker_not_ready(done.error());
    return;
  }
  link_->start_build(builder_.name, [self = shared_from_this()](const Result<void>& started) {
    if (self->phase_ != Phase::preparing) return;
    if (started) {
      self->on_prepared();
    } else {
      self->fail_preparation({Results::retry, "error while remote_start_build", "worker not building",
                              started.error().what, true});
    }
  });
}

void BuildRun::on_prepared() {
  deadline_.reset();
  finish_own_step(preparation_, Results::success, fmt::format("worker {} ready", worker_.row.name));
  if (!own_accesses().empty()) {
    acquire_locks();
  } else {
    enter_phase(Phase::stepping);
    begin_steps();
  }
}

void BuildRun::begin_steps() {
  publish_state("building");
  next_step();
}

void BuildRun::worker_not_ready(const Error& error) {
  if (phase_ != Phase::preparing) return;
  fail_preparation({Results::retry, "error while worker_ping", "worker not pinged", error.what, true});
}

// The build ends without a step; the logs of the preparation say why.
void BuildRun::fail_preparation(Failure failure) {
  enter_phase(Phase::failing);
  deadline_.reset();
  log_warning("build {} of builder \"{}\" on worker \"{}\" cannot start: {}", row_.id.value, builder_.name,
              worker_.row.name, failure.error);
  results_ = failure.results;
  failure_ = std::move(failure);
  preparation_logs_ = std::make_unique<StepLogs>(kernel_, secrets_, row_.id, preparation_.id,
                                                 [self = weak_from_this()] { return self.lock(); });
  preparation_logs_->write_error(pending_, preparation_.id, failure_->error);
  pending_.then([self = shared_from_this()](const Committed&) {
    self->preparation_logs_->close_all();
    self->kernel_.logs.flush(self->row_.id, [self](const Result<void>&) { self->on_failure_logged(); });
  });
  commit_pending();
}

void BuildRun::on_failure_logged() {
  preparation_logs_->write_finish_all(pending_);
  finish_own_step(preparation_, Results::exception, failure_->step_text);
  finish();
}

void BuildRun::finish_own_step(Step& step, Results results, const std::string& text) {
  const EpochSeconds now = kernel_.end_of(step.started_at.value_or(0));
  pending_.add(writes::FinishStep{step.id, results, text, false, now});
  pending_.then([self = shared_from_this(), &step, results, text, now](const Committed&) {
    step.state_string = text;
    self->kernel_.publish("updated", step);
    step.complete = true;
    step.complete_at = now;
    step.results = results;
    self->kernel_.publish("finished", step);
  });
}

void BuildRun::log_grew() {
  if (!holds_worker_back_ && link_ && kernel_.logs.unwritten_bytes(row_.id) > hold_back_above) {
    pause_worker(true);
    check_pause();
  }
}

void BuildRun::pause_worker(bool paused) {
  if (holds_worker_back_ == paused) return;
  holds_worker_back_ = paused;
  if (worker_.link == link_) fleet_.pause_reading(worker_, paused);
}

void BuildRun::check_pause() {
  kernel_.logs.flush(row_.id, [self = shared_from_this()](Result<void>) {
    if (!self->holds_worker_back_) return;
    if (self->kernel_.logs.unwritten_bytes(self->row_.id) < go_on_below) {
      self->pause_worker(false);
    } else {
      self->check_pause();
    }
  });
}

}  // namespace kiln::engine
