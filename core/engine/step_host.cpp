// SPDX-License-Identifier: MIT
// What a running step may ask for: script::StepHost and the routing of its command.
#include "core/base/log.h"
#include "core/engine/build_run.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

constexpr std::size_t urls_saved_at_once = 100;
constexpr std::chrono::milliseconds between_many_urls{250};

}  // namespace

Error step_is_over() { return make_error(Errc::cancelled, "the step is over"); }

BuildId StepRun::build_id() const { return build_.row().id; }

std::string StepRun::step_name() const { return row_.name; }

// Not any more once the step was given up, and not before its row is there.
bool StepRun::may_act() const {
  return !is_abandoned_ && (phase_ == Phase::running || phase_ == Phase::explaining || phase_ == Phase::closing ||
                            phase_ == Phase::summing);
}

void StepRun::add_log(std::string name, LogType type, Reply<Log> reply) {
  if (phase_ == Phase::preparing && is_native_) {
    early_logs_.push_back({std::move(name), type, std::move(reply)});
    return;
  }
  if (!may_act()) {
    reply(phase_ == Phase::preparing ? make_error(Errc::conflict, "a step has no logs before it is started")
                                     : step_is_over());
    return;
  }
  logs_.write_add(build_.pending(), row_.id, std::move(name), type, std::move(reply));
  build_.commit_pending();
}

// Its own, or those of a step that it has made by hand.
StepLogs& StepRun::logs_of(LogId log) {
  StepLogs* other = logs_.has(log) ? nullptr : sub_steps_.logs_with(log);
  return other == nullptr ? logs_ : *other;
}

void StepRun::append_log(LogId log, char stream, std::string text) {
  if (is_abandoned_) return;
  if (!logs_of(log).append(log, stream, text)) {
    log_warning("text for the finished log {} of step \"{}\" is dropped", log.value, row_.name);
    return;
  }
  build_.log_grew();
}

void StepRun::finish_log(LogId log, Reply<> reply) {
  if (!may_act()) {
    reply(step_is_over());
    return;
  }
  logs_of(log).close(log);
  build_.kernel().logs.flush(build_.row().id, [self = shared_from_this(), log, reply = std::move(reply)](
                                                  const Result<void>& done) {
    if (!done) {
      reply(done);
      return;
    }
    Unit unit;
    self->logs_of(log).write_finish(unit, log);
    unit.then([reply](const Committed&) { reply({}); });
    self->build_.kernel().journal.commit(std::move(unit));
  });
}

void StepRun::watch_log(LogId log, std::function<void(LogChunkPtr)> watcher) {
  logs_of(log).watch(log, std::move(watcher));
}

void StepRun::run_command(script::CommandRequest request, Reply<script::CommandOutcome> reply) {
  if (!may_act()) {
    reply(step_is_over());
    return;
  }
  if (is_stopped_ || build_.link() == nullptr) {
    script::CommandOutcome outcome;
    const bool lost = is_lost_ || build_.link() == nullptr;
    outcome.end = lost ? script::CommandOutcome::End::connection_lost : script::CommandOutcome::End::interrupted;
    reply(std::move(outcome));
    return;
  }
  if (command_ && !command_->is_over()) {
    reply(make_error(Errc::conflict, "a step can run only one command at a time"));
    return;
  }
  const std::string name = request.name;
  const JsonObject args = request.args;
  auto transfer = request.transfer ? build_.kernel().transfers.open(*request.transfer) : nullptr;
  command_ = std::make_shared<CommandRun>(*this, std::move(request), std::move(reply));
  const auto command = command_;
  command->started(build_.link()->start_command(build_.builder().name, name, args, command, std::move(transfer)));
}

void StepRun::set_property(std::string name, Json value, std::string source, bool runtime) {
  if (phase_ == Phase::over) return;
  build_.set_property({std::move(name), std::move(value), std::move(source), runtime}, is_native_);
}

void StepRun::use_secret(std::string name, std::string value) {
  hide_in_log(name, value);
  build_.secrets().add(name, value);
}

void StepRun::add_url(std::string name, std::string url, Reply<> reply) {
  if (!may_act()) {
    reply(step_is_over());
    return;
  }
  urls_.push_back({build_.masked(std::move(name)), build_.masked(std::move(url))});
  if (urls_.size() <= urls_saved_at_once) {
    url_replies_.push_back(std::move(reply));
  } else {
    reply({});
  }
  save_urls();
}

// Each write has all of them: the first ones are written at once, many wait for each other.
void StepRun::save_urls() {
  if (urls_are_on_their_way_ || url_timer_ || urls_written_ == urls_.size()) return;
  if (urls_.size() > urls_saved_at_once) {
    url_timer_ = build_.kernel().clock.call_after(between_many_urls, [this] {
      const auto keep = shared_from_this();
      url_timer_.reset();
      write_urls(build_.pending());
      build_.commit_pending();
    });
    return;
  }
  write_urls(build_.pending());
  build_.commit_pending();
}

void StepRun::write_urls(Unit& unit) {
  if (urls_written_ == urls_.size()) return;
  urls_written_ = urls_.size();
  urls_are_on_their_way_ = true;
  unit.add(writes::SetStepUrls{row_.id, urls_});
  unit.then([self = shared_from_this(), urls = urls_, replies = std::exchange(url_replies_, {})](const Committed&) {
    self->row_.urls = urls;
    self->build_.kernel().publish("updated", self->row_);
    for (const Reply<>& reply : replies) reply({});
    self->urls_are_on_their_way_ = false;
    if (self->may_act()) self->save_urls();
  });
}

void StepRun::set_state_string(std::string text) {
  if (may_act()) write_state(build_.masked(std::move(text)));
}

void StepRun::write_state(std::string text) {
  if (text == state_string_) return;
  state_string_ = text;
  Unit& unit = build_.pending();
  unit.add(writes::SetStepState{row_.id, text});
  unit.then([self = shared_from_this(), text](const Committed&) {
    self->row_.state_string = text;
    self->build_.kernel().publish("updated", self->row_);
  });
  build_.commit_pending();
}

void StepRun::trigger(script::TriggerOrder order, Reply<script::Triggered> started, Reply<Results> finished) {
  if (!may_act() || is_stopped_) {
    started(step_is_over());
    finished(step_is_over());
    return;
  }
  build_.trigger(std::move(order), std::move(started), std::move(finished));
}

void StepRun::stop_build(std::string reason, Results results) {
  if (may_act()) build_.stop(reason, results);
}

void StepRun::add_steps(std::vector<script::StepPtr> steps, bool at_end) {
  if (phase_ != Phase::over) build_.insert_steps(std::move(steps), at_end);
}

void StepRun::command_output(LogId log, char stream, std::string_view text) {
  logs_.append(log, stream, text);
  build_.log_grew();
}

std::string StepRun::shown(std::string text) const { return build_.masked(std::move(text)); }

void StepRun::command_log_ends(LogId log) { logs_.flush_lines(log); }

void StepRun::command_lost() { build_.connection_lost(); }

void StepRun::make_log(const std::string& name, Reply<Log> reply) {
  add_log(name, LogType::stream, [self = shared_from_this(), reply = std::move(reply)](Result<Log> log) {
    if (log && self->step_) self->step_->log_added(*log);
    reply(std::move(log));
  });
}

}  // namespace kiln::engine
