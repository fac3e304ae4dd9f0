// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

#include "core/engine/scheduler.h"

namespace kiln::engine {

// Periodic, Nightly and NightlyTriggerable. When it last was due is committed together with what was built then, so a
// restart neither loses nor repeats a build. The wall clock decides and is looked at every minute: after the system's
// clock was set, at most one build is made up for.
class TimedScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override;
  void stop() override { timer_.reset(); }
  bool takes_changes() const override;
  bool keeps_unimportant() const override { return !config().only_important; }
  bool is_triggerable() const override;
  // Kept for the next time it is due; the latest order counts.
  void trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
               Reply<Results> finished) override;

 private:
  using Time = std::chrono::microseconds;

  void wait();
  void tick();
  void distrust_future();
  std::optional<Time> last_build() const;
  // None: never.
  std::optional<Time> next_build() const;
  void actuate(Time at);
  void build(Unit unit);
  void build_triggered(Unit unit);
  bool is_worth_building(bool is_first, Time at) const;
  void add(NewBuildset order, Unit unit);

  std::unique_ptr<Timer> timer_;
  Time since_{0};  // when it began to wait; counts as long as it has never built
};

}  // namespace kiln::engine
