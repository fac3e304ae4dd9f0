// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/scheduler.h"

namespace kiln::engine {

// Triggerable: builds when a step asks.
class TriggerableScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override {}
  void stop() override {}
  bool is_triggerable() const override { return state_.config != nullptr; }
  // The order's property "reason" takes the place of the scheduler's reason.
  void trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
               Reply<Results> finished) override;
};

}  // namespace kiln::engine
