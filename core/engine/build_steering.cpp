// SPDX-License-Identifier: MIT
// Where the class of a build, when it is the user's, has its say between steps and at the end.
#include <utility>

#include "core/base/log.h"
#include "core/engine/build_run.h"
#include "core/script/results_mirror.h"

namespace kiln::engine {
namespace {

// For an answer when the build is to end.
constexpr std::chrono::seconds answer_patience{30};

}  // namespace

script::BuildSteering* BuildRun::steering() const { return dynamic_cast<script::BuildSteering*>(session_.get()); }

int BuildRun::open_question(std::function<void()> without_answer) {
  without_answer_ = std::move(without_answer);
  if (stop_ || is_lost_) limit_question();
  return ++question_;
}

// False: nobody waits for this answer any more.
bool BuildRun::close_question(int number) {
  if (number != question_ || !without_answer_) return false;
  without_answer_ = nullptr;
  deadline_.reset();
  return true;
}

void BuildRun::limit_question() {
  if (!without_answer_) return;
  deadline_ = kernel_.clock.call_after(answer_patience, [self = shared_from_this()] {
    self->deadline_.reset();
    const auto go_on = std::exchange(self->without_answer_, nullptr);
    if (!go_on) return;
    log_warning("the class of build {} did not answer and is not waited for", self->row_.id.value);
    go_on();
  });
}

void BuildRun::take_properties(const Properties& properties) {
  for (const Property& property : properties) set_property(property, false);
}

void BuildRun::ask_about(Results step, const MergedResult& merged) {
  const int number = open_question([this, merged] { go_on(merged.total, merged.terminate); });
  steering()->step_done(step, [self = shared_from_this(), number](const Result<script::BuildSteering::Verdict>& verdict) {
    if (!self->close_question(number)) return;
    if (!verdict) {
      log_error("stepDone() of build {} failed:\n{}", self->row_.id.value, verdict.error().what);
      self->go_on(Results::exception, true);
      return;
    }
    self->take_properties(verdict->properties);
    self->insert_steps(verdict->next_steps, false);
    self->insert_steps(verdict->last_steps, true);
    if (verdict->stop) self->stop(verdict->stop->reason, verdict->stop->results);
    self->go_on(verdict->results, verdict->terminate);
  });
}

void BuildRun::go_on(Results total, bool terminate) {
  if (!stop_) results_ = total;
  is_terminating_ = is_terminating_ || terminate;
  next_step();
}

void BuildRun::ask_about_end() {
  const int number = open_question([this] { write_end(); });
  limit_question();
  steering()->build_finished(
      {results_, final_texts()}, [self = shared_from_this(), number](Result<script::BuildSteering::Ending> ending) {
        if (!self->close_question(number)) return;
        if (ending) {
          self->results_ = ending->results;
          self->ending_texts_ = std::move(ending->texts);
        } else {
          log_error("buildFinished() of build {} failed:\n{}", self->row_.id.value, ending.error().what);
          self->results_ = Results::exception;
        }
        self->write_end();
      });
}

}  // namespace kiln::engine
