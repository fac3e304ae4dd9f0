// SPDX-License-Identifier: MIT
#include "core/engine/timed_scheduler.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/engine/cron.h"
#include "core/engine/stored_trigger.h"

namespace kiln::engine {
namespace {

using Kind = script::SchedulerConfig::Kind;
using Time = std::chrono::microseconds;

constexpr std::chrono::seconds longest_look_away{60};
// A last build further in the future than this was made with a wrong clock.
constexpr std::chrono::minutes believable_future{15};

double to_seconds(Time time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

bool TimedScheduler::takes_changes() const {
  return state_.is_active() && (config().only_if_changed || config().absolute_stamps) &&
         config().kind != Kind::nightly_triggerable;
}

bool TimedScheduler::is_triggerable() const { return state_.config && config().kind == Kind::nightly_triggerable; }

void TimedScheduler::refresh() {
  timer_.reset();
  since_ = kernel_.clock.now();
  if (state_.is_active()) wait();
}

std::optional<Time> TimedScheduler::last_build() const {
  const Json* value = stored("last_build");
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return std::chrono::duration_cast<Time>(std::chrono::duration<double>(value->to_number<double>()));
}

std::optional<Time> TimedScheduler::next_build() const {
  const std::optional<Time> last = last_build();
  if (config().kind == Kind::periodic) return last ? *last + config().period : since_;
  const Time after = last.value_or(since_);
  const auto next = next_time(config().times, std::chrono::floor<std::chrono::seconds>(after).count());
  return next ? std::optional<Time>(std::chrono::seconds(*next)) : std::nullopt;
}

// The system's clock was put back: it goes on from now.
void TimedScheduler::distrust_future() {
  const Time now = kernel_.clock.now();
  since_ = std::min(since_, now);
  const std::optional<Time> last = last_build();
  if (!last || *last <= now + believable_future) return;
  log_warning("scheduler \"{}\" has built in the future, as the clock shows it: it goes on from now", state_.name);
  Unit unit;
  unit.add(store("last_build", Json(to_seconds(now))));
  kernel_.journal.commit(std::move(unit));
}

void TimedScheduler::wait() {
  distrust_future();
  const auto next = next_build();
  if (!next) {
    log_warning("scheduler \"{}\" is never due", state_.name);
    return;
  }
  const Time left = std::clamp<Time>(*next - kernel_.clock.now(), Time(0), longest_look_away);
  timer_ = kernel_.clock.call_after(std::chrono::ceil<std::chrono::milliseconds>(left), [this] { tick(); });
}

void TimedScheduler::tick() {
  timer_.reset();
  if (!state_.is_active()) return;
  if (kernel_.storage_lost) {
    timer_ = kernel_.clock.call_after(longest_look_away, [this] { tick(); });
    return;
  }
  distrust_future();
  const Time now = kernel_.clock.now();
  if (const auto next = next_build(); next && *next <= now) {
    const bool is_late = now - *next > longest_look_away;
    if (is_late) log_info("scheduler \"{}\" has missed its time: it builds now", state_.name);
    actuate(is_late ? now : *next);
  }
  wait();
}

void TimedScheduler::actuate(Time at) {
  const bool is_first = !last_build();
  Unit unit;
  unit.add(store("last_build", Json(to_seconds(at))));
  if (config().kind == Kind::nightly_triggerable) {
    build_triggered(std::move(unit));
    return;
  }
  const bool is_wanted = is_worth_building(is_first, at);
  unit.add(store("last_only_if_changed", Json(config().only_if_changed)));
  if (is_wanted) {
    build(std::move(unit));
  } else {
    log_info("scheduler \"{}\" builds nothing: there were no important changes", state_.name);
    kernel_.journal.commit(std::move(unit));
  }
}

// Nothing is known of the time before the very first build, or before the option was switched on.
bool TimedScheduler::is_worth_building(bool is_first, Time at) const {
  if (!config().only_if_changed || is_first) return true;
  const Json* was_on = stored("last_only_if_changed");
  if (was_on != nullptr && was_on->is_bool() && !was_on->get_bool()) return true;
  if (std::any_of(state_.kept.begin(), state_.kept.end(), [](const auto& kept) { return kept.second.important; })) {
    return true;
  }
  if (!config().forced_times) return false;
  const EpochSeconds minute = std::chrono::floor<std::chrono::minutes>(at).count() * 60;
  return next_time(*config().forced_times, minute - 1) == minute;
}

void TimedScheduler::build(Unit unit) {
  NewBuildset order = new_order(config().reason);
  if (state_.kept.empty()) {
    add_default_stamps(order);
  } else {
    add_changes(order, std::exchange(state_.kept, {}));
  }
  add(std::move(order), std::move(unit));
}

void TimedScheduler::build_triggered(Unit unit) {
  const Json* last = stored("lastTrigger");
  const std::optional<StoredTrigger> trigger = last == nullptr ? std::nullopt : to_trigger(*last);
  if (!trigger) {
    kernel_.journal.commit(std::move(unit));
    return;
  }
  unit.add(store("lastTrigger", Json(nullptr)));
  NewBuildset order = new_order(config().reason, trigger->properties);
  add_given_stamps(order, trigger->sourcestamps);
  order.row.parent_buildid = trigger->parent;
  order.row.parent_relationship = trigger->parent_relationship;
  add(std::move(order), std::move(unit));
}

void TimedScheduler::add(NewBuildset order, Unit unit) {
  for (Write& write : unit.writes) order.with.push_back(std::move(write));
  order_builds(std::move(order), [](const Result<ForceResult>&) {});
}

void TimedScheduler::trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
                             Reply<Results> finished) {
  if (!is_triggerable()) {
    LiveScheduler::trigger(std::move(order), parent, std::move(started), std::move(finished));
    return;
  }
  Unit unit;
  unit.add(store("lastTrigger", to_json(StoredTrigger{std::move(order.sourcestamps), std::move(order.properties),
                                                      parent, std::move(order.parent_relationship)})));
  unit.then([started = std::move(started), finished = std::move(finished)](const Committed&) {
    started(script::Triggered{});
    finished(Results::success);
  });
  kernel_.journal.commit(std::move(unit));
}

}  // namespace kiln::engine
