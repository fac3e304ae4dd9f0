// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/data/event_bus.h"
#include "core/script/config.h"
#include "core/wire/try_job.h"

namespace kiln::session {

// What `sendchange` and `try` ask of the master. Loop thread.
class ClientHost {
 public:
  using Requests = std::vector<std::pair<std::string, RequestId>>;  // by builder

  virtual ~ClientHost() = default;
  virtual void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) = 0;
  // Errors: as engine::Engine::submit_try().
  virtual void submit_try(const std::string& scheduler, wire::TryJob job, Reply<Requests> reply) = 0;
  virtual std::vector<std::string> try_builders(const std::string& scheduler) const = 0;
  virtual data::EventBus& events() = 0;
};

}  // namespace kiln::session
