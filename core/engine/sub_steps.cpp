// SPDX-License-Identifier: MIT
#include "core/engine/sub_steps.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/log.h"
#include "core/engine/build_run.h"

namespace kiln::engine {
namespace {

Error no_step(StepId step) {
  return make_error(Errc::not_found, fmt::format("step {} is over, or was not made by this step", step.value));
}

}  // namespace

void settle(BuildRun& build, StepLogs& logs, std::shared_ptr<void> keep, std::function<void()> then) {
  if (logs.is_adding()) {
    // Behind the units that add them.
    build.pending().then([&build, &logs, keep, then = std::move(then)](const Committed&) {
      settle(build, logs, keep, then);
    });
    build.commit_pending();
    return;
  }
  logs.close_all();
  if (!logs.take_unflushed()) {
    then();
    return;
  }
  build.kernel().logs.flush(build.row().id, [&build, keep, then = std::move(then)](const Result<void>& done) {
    if (!done) log_error("the logs of build {} are not safe: {}", build.row().id.value, done.error().what);
    then();
  });
}

struct SubSteps::SubStep {
  SubStep(BuildRun& build, StepLogs::KeepAlive keep)
      : logs(build.kernel(), build.secrets(), build.row().id, row.id, std::move(keep)) {}

  Step row;
  StepLogs logs;
  std::vector<Url> urls;
  std::string state_string;
  bool is_added = false;  // its row is committed
  bool is_over = false;
};

SubSteps::SubSteps(BuildRun& build, StepLogs::KeepAlive keep_alive)
    : build_(build), keep_alive_(std::move(keep_alive)) {}

SubSteps::~SubSteps() = default;

SubSteps::SubStep* SubSteps::find(StepId step) const {
  for (const auto& known : steps_) {
    if (known->is_added && !known->is_over && known->row.id == step) return known.get();
  }
  return nullptr;
}

StepLogs* SubSteps::logs_with(LogId log) const {
  for (const auto& step : steps_) {
    if (step->logs.has(log)) return &step->logs;
  }
  return nullptr;
}

void SubSteps::add(std::string name, Reply<Step> reply) {
  if (is_closed_) {
    reply(make_error(Errc::cancelled, "the step that makes this one is over"));
    return;
  }
  SubStep& step = *steps_.emplace_back(std::make_unique<SubStep>(build_, keep_alive_));
  step.row.number = build_.next_step_number();
  step.row.name = build_.unique_step_name(build_.masked(std::move(name)));
  step.row.buildid = build_.row().id;
  step.row.state_string = step.state_string = "pending";
  const EpochSeconds now = build_.kernel().clock.now_s();
  Unit& unit = build_.pending();
  const std::size_t index = unit.add(writes::AddStep{step.row.buildid, step.row.number, step.row.name,
                                                     step.row.state_string, now, std::nullopt});
  unit.then([this, alive = keep_alive_(), &step, index, now, reply = std::move(reply)](const Committed& committed) {
    step.row.id = StepId(committed[index].id);
    step.is_added = true;
    build_.kernel().publish("new", step.row);
    step.row.started_at = now;
    build_.kernel().publish("started", step.row);
    reply(step.row);
  });
  build_.commit_pending();
}

void SubSteps::add_log(StepId id, std::string name, LogType type, Reply<Log> reply) {
  SubStep* step = find(id);
  if (step == nullptr) return reply(no_step(id));
  step->logs.write_add(build_.pending(), id, std::move(name), type, std::move(reply));
  build_.commit_pending();
}

void SubSteps::add_url(StepId id, std::string name, std::string url, Reply<> reply) {
  SubStep* step = find(id);
  if (step == nullptr) return reply(no_step(id));
  step->urls.push_back({build_.masked(std::move(name)), build_.masked(std::move(url))});
  Unit& unit = build_.pending();
  unit.add(writes::SetStepUrls{id, step->urls});
  unit.then([this, alive = keep_alive_(), step, urls = step->urls, reply = std::move(reply)](const Committed&) {
    step->row.urls = urls;
    build_.kernel().publish("updated", step->row);
    reply({});
  });
  build_.commit_pending();
}

void SubSteps::set_state_string(StepId id, std::string text) {
  SubStep* step = find(id);
  text = build_.masked(std::move(text));
  if (step == nullptr || text == step->state_string) return;
  step->state_string = text;
  Unit& unit = build_.pending();
  unit.add(writes::SetStepState{id, text});
  unit.then([this, alive = keep_alive_(), step, text](const Committed&) {
    step->row.state_string = text;
    build_.kernel().publish("updated", step->row);
  });
  build_.commit_pending();
}

void SubSteps::finish(StepId id, Results results, bool hidden, Reply<> reply) {
  SubStep* step = find(id);
  if (step == nullptr) return reply(no_step(id));
  step->is_over = true;
  settle(build_, step->logs, keep_alive_(), [this, step, results, hidden, reply = std::move(reply)] {
    write_end(*step, results, hidden, reply);
  });
}

void SubSteps::write_end(SubStep& step, Results results, bool hidden, Reply<> reply) {
  const EpochSeconds now = build_.kernel().end_of(step.row.started_at.value_or(0));
  Unit& unit = build_.pending();
  step.logs.write_finish_all(unit);
  unit.add(writes::FinishStep{step.row.id, results, step.state_string, hidden, now});
  unit.then([this, alive = keep_alive_(), &step, results, hidden, now, reply = std::move(reply)](const Committed&) {
    step.row.complete = true;
    step.row.complete_at = now;
    step.row.results = results;
    step.row.hidden = hidden;
    build_.kernel().publish("finished", step.row);
    reply({});
  });
  build_.commit_pending();
}

// One after the other: each unit commits before the next one is asked for.
void SubSteps::finish_rest(std::function<void()> then) {
  is_closed_ = true;
  for (const auto& step : steps_) {
    if (step->is_over) continue;
    if (!step->is_added) {
      build_.pending().then([this, alive = keep_alive_(), then](const Committed&) { finish_rest(then); });
      build_.commit_pending();
      return;
    }
    log_warning("step \"{}\" of build {} was made by hand and not finished", step->row.name, build_.row().id.value);
    step->state_string = "not finished by its maker";
    finish(step->row.id, Results::exception, false,
           [this, alive = keep_alive_(), then](const Result<void>&) { finish_rest(then); });
    return;
  }
  then();
}

}  // namespace kiln::engine
