// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/engine.h"
#include "core/session/client_host.h"

namespace kiln::app {

// The engine as `sendchange` and `try` see it. Loop thread.
class ClientBridge : public session::ClientHost {
 public:
  ClientBridge(engine::Engine& engine, data::EventBus& events) : engine_(engine), events_(events) {}

  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) override;
  void submit_try(const std::string& scheduler, wire::TryJob job, Reply<Requests> reply) override;
  std::vector<std::string> try_builders(const std::string& scheduler) const override;
  data::EventBus& events() override { return events_; }

 private:
  engine::Engine& engine_;
  data::EventBus& events_;
};

}  // namespace kiln::app
