// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/scheduler.h"

namespace kiln::engine {

// A scheduler of the user's own class: it decides in Python, by its own hand. Here are only its row and its switch.
class ScriptedScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override {}
  void stop() override {}
  bool is_triggerable() const override { return state_.config && config().trigger_hooks; }
  void trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
               Reply<Results> finished) override {
    if (!is_triggerable()) {
      return LiveScheduler::trigger(std::move(order), parent, std::move(started), std::move(finished));
    }
    config().trigger_hooks->trigger(std::move(order), parent, std::move(started), std::move(finished));
  }
};

}  // namespace kiln::engine
