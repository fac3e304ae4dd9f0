// SPDX-License-Identifier: MIT
// The part of a build before its first step: Python's objects, the worker's readiness, back pressure.
#include <fmt/format.h>

#include "core/base/log.h"
#include "core/engine/build_run.h"
#include "core/engine/native_shell.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

constexpr std::chrono::seconds preparation_deadline{60};
constexpr std::size_t hold_back_above = std::size_t{4} << 20;
constexpr std::size_t go_on_below = std::size_t{2} << 20;

}  // namespace

void BuildRun::open_python() {
  script::BuildContext context;
  context.build = row_.id;
  context.number = row_.number;
  context.builder = builder_.id;
  context.builder_name = builder_.name;
  context.request = request_.row.id;
  context.buildset = request_.row.buildsetid;
  context.reason = request_.buildset->row.reason;
  context.worker = worker_.row.id;
  context.worker_name = worker_.row.name;
  context.worker_info = worker_info_;
  context.properties = properties_;
  context.sourcestamps = stamps_;
  context.changes = request_.buildset->changes;
  context.workdir = config_->workdir;
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
    log_error("build {} of builder \"{}\" cannot make its steps: {}", row_.id.value, builder_.name,
              opened.error().what);
    fail_preparation(Results::exception, "cannot make the steps", "cannot make the steps", false);
    return;
  }
  session_ = opened->session;
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
}

void BuildRun::ping() {
  publish_state("pinging worker");
  commit_pending();
  deadline_ = kernel_.clock.call_after(preparation_deadline, [self = shared_from_this()] {
    self->on_pinged(make_error(Errc::timeout, "the worker did not answer in time"));
  });
  link_->ping([self = shared_from_this()](Result<void> done) { self->on_pinged(done); });
}

void BuildRun::on_pinged(const Result<void>& done) {
  if (phase_ != Phase::preparing) return;
  if (!done) {
    on_prepared(done);
    return;
  }
  link_->start_build(builder_.name, [self = shared_from_this()](Result<void> started) {
    self->on_prepared(started);
  });
}

void BuildRun::on_prepared(const Result<void>& done) {
  if (phase_ != Phase::preparing) return;
  deadline_.reset();
  if (!done) {
    log_warning("worker \"{}\" cannot start build {}: {}", worker_.row.name, row_.id.value, done.error().what);
    fail_preparation(Results::retry, "worker not ready", "worker not ready", true);
    return;
  }
  enter_phase(Phase::stepping);
  finish_preparation_step(Results::success, fmt::format("worker {} ready", worker_.row.name));
  publish_state("building");
  next_step();
}

void BuildRun::finish_preparation_step(Results results, const std::string& text) {
  const EpochSeconds now = kernel_.clock.now_s();
  pending_.add(writes::FinishStep{preparation_.id, results, text, false, now});
  pending_.then([self = shared_from_this(), results, text, now](const Committed&) {
    Step& step = self->preparation_;
    step.state_string = text;
    self->kernel_.publish("updated", step);
    step.complete = true;
    step.complete_at = now;
    step.results = results;
    self->kernel_.publish("finished", step);
  });
}

void BuildRun::fail_preparation(Results results, const std::string& step_text, const std::string& build_text,
                                bool blame_worker) {
  blame_worker_ = blame_worker;
  results_ = results;
  if (!build_text.empty()) texts_.push_back(build_text);
  finish_preparation_step(results, step_text);
  finish();
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
