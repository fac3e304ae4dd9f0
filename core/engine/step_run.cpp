// SPDX-License-Identifier: MIT
#include "core/engine/step_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/engine/build_run.h"
#include "core/engine/phase_table.h"

namespace kiln::engine {
namespace {

using Phase = StepRun::Phase;

constexpr Transitions<Phase, 18> transitions{{
    {Phase::fresh, Phase::preparing},
    {Phase::preparing, Phase::adding},
    {Phase::adding, Phase::running},
    {Phase::adding, Phase::locking},
    {Phase::adding, Phase::explaining},  // preparing raised
    {Phase::adding, Phase::closing},     // skipped or stopped
    {Phase::locking, Phase::running},
    {Phase::locking, Phase::explaining},  // waits for what its own build has
    {Phase::locking, Phase::closing},     // stopped
    {Phase::running, Phase::explaining},
    {Phase::running, Phase::closing},
    {Phase::explaining, Phase::closing},
    {Phase::closing, Phase::summing},
    {Phase::closing, Phase::over},       // given up, or finishing has raised
    {Phase::summing, Phase::explaining},  // finishing raised
    {Phase::summing, Phase::over},
    // Abandoned: whatever it waits for is not waited for any more.
    {Phase::preparing, Phase::over},
    {Phase::running, Phase::over},
}};

constexpr std::chrono::seconds show_state_after{1};
constexpr std::chrono::seconds kill_patience{15};

std::string with_result(std::string text, Results results) {
  if (text.empty() || text == "running") text = "finished";
  return results == Results::success ? text : fmt::format("{} ({})", text, to_string(results));
}

}  // namespace

StepRun::StepRun(BuildRun& build, script::StepPtr step, bool is_native)
    : build_(build),
      build_alive_(build.shared_from_this()),
      step_(std::move(step)),
      is_native_(is_native),
      logs_(build.kernel(), build.secrets(), build.row().id, row_.id, [this] { return shared_from_this(); }),
      sub_steps_(build, [this] { return shared_from_this(); }) {}

StepRun::~StepRun() = default;

void StepRun::enter_phase(Phase next) { enter(transitions, phase_, next); }

void StepRun::begin() {
  enter_phase(Phase::preparing);
  step_->prepare(*this, [self = shared_from_this()](Result<script::PreparedStep> prepared) {
    self->on_prepared(std::move(prepared));
  });
}

void StepRun::on_prepared(Result<script::PreparedStep> prepared) {
  if (is_abandoned_) {
    let_step_finish();
    return;
  }
  if (prepared) {
    prepared_ = std::move(*prepared);
  } else {
    prepared_.error = prepared.error().what;
  }
  if (prepared_.options.name.empty()) prepared_.options.name = step_->describe();
  take_locks();
  enter_phase(Phase::adding);
  write_row();
}

// A step that was given up has answered after all: it may clean up.
void StepRun::let_step_finish() {
  if (const auto step = std::exchange(step_, nullptr)) {
    step->finish(results_, [self = shared_from_this(), step](const Result<script::StepEnd>&) {});
  }
}

void StepRun::write_row() {
  row_.number = build_.next_step_number();
  row_.name = build_.unique_step_name(build_.masked(prepared_.options.name));
  row_.buildid = build_.row().id;
  row_.state_string = state_string_;
  const EpochSeconds now = build_.kernel().clock.now_s();
  const std::optional<EpochSeconds> locked =
      prepared_.skip || prepared_.error || waits_for_locks() ? std::nullopt : std::optional(now);
  Unit& unit = build_.pending();
  const std::size_t index =
      unit.add(writes::AddStep{row_.buildid, row_.number, row_.name, row_.state_string, now, locked});
  unit.then([self = shared_from_this(), index, now, locked](const Committed& committed) {
    self->row_.id = StepId(committed[index].id);
    Kernel& kernel = self->build_.kernel();
    kernel.publish("new", self->row_);
    self->row_.started_at = now;
    kernel.publish("started", self->row_);
    if (!locked) return;
    self->row_.locks_acquired_at = locked;
    kernel.publish("updated", self->row_);
  });
  if (!waits_for_locks()) write_early_logs(unit, RowRef<StepId>::made_by(index));
  unit.then([self = shared_from_this()](const Committed&) { self->on_added(); });
  build_.commit_pending();
}

void StepRun::write_early_logs(Unit& unit, RowRef<StepId> step) {
  for (EarlyLog& log : std::exchange(early_logs_, {})) {
    logs_.write_add(unit, step, std::move(log.name), log.type, std::move(log.reply));
  }
}

void StepRun::on_added() {
  if (is_abandoned_) {
    // Stopping took longer than the database: the row is there now and can be ended.
    close_logs();
  } else if (prepared_.error) {
    conclude(Results::exception, prepared_.error);
  } else if (is_stopped_) {
    conclude(is_lost_ ? Results::retry : Results::cancelled, std::nullopt);
  } else if (prepared_.skip) {
    conclude(Results::skipped, std::nullopt);
  } else if (claim_ && !row_.locks_acquired_at) {
    wait_for_locks();
  } else {
    run();
  }
}

void StepRun::run() {
  enter_phase(Phase::running);
  was_run_ = true;
  timer_ = build_.kernel().clock.call_after(show_state_after, [this] { show_state(); });
  step_->run([self = shared_from_this()](Result<script::StepOutcome> outcome) { self->on_run(std::move(outcome)); });
}

void StepRun::show_state() {
  timer_.reset();
  if (state_string_ == "pending" || state_string_ == prepared_.waiting_string) {
    set_state_string(prepared_.state_string);
  }
}

void StepRun::on_run(Result<script::StepOutcome> outcome) {
  if (is_abandoned_) {
    let_step_finish();
    return;
  }
  if (phase_ != Phase::running) return;
  if (!outcome) {
    conclude(Results::exception, outcome.error().what);
    return;
  }
  Results results = outcome->results;
  if (is_lost_) {
    results = Results::retry;
  } else if (is_stopped_ && results != Results::retry && results != Results::cancelled) {
    results = Results::exception;
  }
  conclude(results, is_lost_ ? std::nullopt : std::move(outcome->error));
}

void StepRun::conclude(Results results, std::optional<std::string> error) {
  timer_.reset();
  results_ = results;
  if (error) {
    explain(*error);
  } else {
    close_logs();
  }
}

void StepRun::explain(const std::string& error) {
  enter_phase(Phase::explaining);
  logs_.write_error(build_.pending(), row_.id, error);
  build_.pending().then([self = shared_from_this()](const Committed&) {
    if (self->phase_ == Phase::explaining) self->close_logs();
  });
  build_.commit_pending();
}

void StepRun::close_logs() {
  enter_phase(Phase::closing);
  sub_steps_.finish_rest([this] { settle(build_, logs_, shared_from_this(), [this] { sum_up(); }); });
}

void StepRun::sum_up() {
  if (is_abandoned_) {
    finish({results_, false, {with_result(prepared_.state_string, results_), std::nullopt}, std::nullopt});
    return;
  }
  enter_phase(Phase::summing);
  step_->finish(results_,
                [self = shared_from_this()](Result<script::StepEnd> end) { self->on_summed(std::move(end)); });
}

void StepRun::on_summed(Result<script::StepEnd> end) {
  if (phase_ != Phase::summing || is_abandoned_) return;
  std::optional<std::string> error = end ? end->error : std::optional(end.error().what);
  if (!error) {
    finish(std::move(*end));
    return;
  }
  results_ = Results::exception;
  script::StepEnd last;
  if (end) last = std::move(*end);
  last.results = results_;
  last.hidden = false;
  if (last.summary.step.empty()) last.summary.step = with_result(prepared_.state_string, results_);
  enter_phase(Phase::explaining);
  logs_.write_error(build_.pending(), row_.id, *error);
  build_.pending().then([self = shared_from_this(), last = std::move(last)](const Committed&) {
    self->enter_phase(Phase::closing);
    self->finish(last);
  });
  build_.commit_pending();
}

void StepRun::finish(script::StepEnd end) {
  enter_phase(Phase::over);
  deadline_.reset();
  timer_.reset();
  drop_command();
  end.summary.step = build_.masked(std::move(end.summary.step));
  if (end.summary.build) end.summary.build = build_.masked(std::move(*end.summary.build));
  settle(build_, logs_, shared_from_this(), [this, end = std::move(end)] { write_end(end); });
}

// A step of the user's may end while its command runs: the worker is not to go on with it.
void StepRun::drop_command() {
  if (!command_ || command_->is_over()) return;
  if (build_.link() != nullptr) build_.link()->interrupt_command(command_->id(), "the step is over");
  command_->abandon(script::CommandOutcome::End::interrupted);
}

void StepRun::write_end(const script::StepEnd& end) {
  const EpochSeconds now = build_.kernel().end_of(row_.started_at.value_or(0));
  const script::StepOptions& options = prepared_.options;
  Unit& unit = build_.pending();
  url_timer_.reset();
  write_urls(unit);
  logs_.write_finish_all(unit);
  unit.add(writes::FinishStep{row_.id, end.results, end.summary.step, end.hidden, now});
  std::optional<std::string> build_text = end.summary.build;
  const auto& policy = options.build_summary_policy;
  const bool tells = std::find(policy.begin(), policy.end(), end.results) != policy.end();
  if (!build_text && tells) build_text = end.summary.step;
  unit.then([self = shared_from_this(), end, now](const Committed&) {
    Step& row = self->row_;
    if (row.state_string != end.summary.step) {
      row.state_string = end.summary.step;
      self->build_.kernel().publish("updated", row);
    }
    row.complete = true;
    row.complete_at = now;
    row.results = end.results;
    row.hidden = end.hidden;
    self->build_.kernel().publish("finished", row);
    // It may hold its replies, which hold this. A step that was given up may still answer and needs its finish().
    if (!self->is_abandoned_) self->step_.reset();
  });
  claim_.reset();  // the next step may want the same
  build_.step_done(end.results, options.flags, std::move(build_text));
}

void StepRun::interrupt(const std::string& reason, bool lost) {
  is_lost_ = is_lost_ || lost;
  if (phase_ == Phase::over) return;
  if (is_stopped_) return;
  is_stopped_ = true;
  stop_reason_ = reason;
  escalate();
  if (phase_ == Phase::adding && waits_for_locks()) claim_.reset();
  if (phase_ == Phase::locking) leave_lock_queue();
  if (phase_ != Phase::running) return;
  if (is_native_) {  // a Python step's own interrupt() writes it, unless overridden
    logs_.write_text(build_.pending(), row_.id, "cancelled", LogType::text, reason);
    build_.commit_pending();
  }
  step_->interrupt(reason);
  if (command_ && !command_->is_over()) {
    command_->set_interrupted();
    if (build_.link() != nullptr) build_.link()->interrupt_command(command_->id(), reason);
  }
}

bool StepRun::is_past_stop_deadline() const {
  const bool asks_step = phase_ == Phase::preparing || phase_ == Phase::running || phase_ == Phase::summing;
  return is_stopped_ && !is_abandoned_ && asks_step && !deadline_;
}

void StepRun::let_go() {
  is_abandoned_ = true;
  claim_.reset();
  timer_.reset();
  url_timer_.reset();
  url_replies_.clear();
  deadline_.reset();
  early_logs_.clear();
  if (command_) command_->let_go();
  command_.reset();
  step_.reset();
  build_alive_.reset();
}

void StepRun::escalate() {
  const auto patience = command_ ? command_->patience() : std::chrono::seconds(30);
  deadline_ = build_.kernel().clock.call_after(patience, [this] { kill(); });
}

void StepRun::kill() {
  const auto keep = shared_from_this();
  deadline_ = build_.kernel().clock.call_after(kill_patience, [this] { abandon(); });
  if (command_ && !command_->is_over() && build_.link() != nullptr) {
    build_.link()->interrupt_command(command_->id(), stop_reason_);
  }
}

// It does not end: the build goes on without it. Late answers only serve to let it go.
void StepRun::abandon() {
  if (is_abandoned_ || phase_ == Phase::over) return;
  const auto keep = shared_from_this();
  deadline_.reset();
  log_warning("step \"{}\" of build {} does not end after it was interrupted and is given up",
              row_.name.empty() ? step_->describe() : row_.name, build_.row().id.value);
  if (command_ && !command_->is_over()) {
    // The step may end by itself once its command has.
    command_->abandon(is_lost_ ? script::CommandOutcome::End::connection_lost
                               : script::CommandOutcome::End::interrupted);
    if (phase_ != Phase::running) return;
  }
  is_abandoned_ = true;
  results_ = is_lost_ ? Results::retry : Results::cancelled;
  switch (phase_) {
    case Phase::preparing:
      if (prepared_.options.name.empty()) prepared_.options.name = step_->describe();
      enter_phase(Phase::adding);
      write_row();
      break;
    case Phase::running: close_logs(); break;
    case Phase::summing:
      finish({results_, false, {with_result(prepared_.state_string, results_), std::nullopt}, std::nullopt});
      break;
    default: break;  // only the database or the log store is waited for
  }
}

}  // namespace kiln::engine
