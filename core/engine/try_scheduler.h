// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/scheduler.h"
#include "core/wire/try_job.h"

namespace kiln::engine {

// Try_Jobdir and Try_Userpass: builds source with a patch of somebody who has not committed it.
class TryScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override {}
  void stop() override {}
  // Errors: conflict when it is disabled, not_found for a builder that is not its own, bad_input for a patch level that
  // cannot be.
  void submit(wire::TryJob job, Reply<ForceResult> reply);
};

}  // namespace kiln::engine
