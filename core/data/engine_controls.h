// SPDX-License-Identifier: MIT
#pragma once

#include "core/data/api.h"
#include "core/data/controls.h"
#include "core/data/event_bus.h"
#include "core/engine/engine.h"

namespace kiln::data {

// Controls of a running engine (reference/rest.md section 4). Loop thread; owned by app/.
class EngineControls : public Controls {
 public:
  struct Needs {
    engine::Engine& engine;
    db::Database& db;  // to find the rows that paths name
    EventBus& events;
  };
  explicit EngineControls(Needs needs) : needs_(needs) {}

  void control(ControlRequest request, Reply<Json> reply) override;
  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) override;

 private:
  void control_force(const PathArgs& args, ControlRequest request, Reply<Json> reply);
  void control_build(const PathArgs& args, ControlRequest request, Reply<Json> reply);
  void control_request(const PathArgs& args, ControlRequest request, Reply<Json> reply);
  void set_priority(RequestId id, const JsonObject& params, Reply<Json> reply);
  void control_scheduler(const PathArgs& args, ControlRequest request, Reply<Json> reply);
  void control_worker(const PathArgs& args, ControlRequest request, Reply<Json> reply);
  void stop_build(BuildId build, const std::string& reason, Reply<Json> reply);
  void rebuild(PathArgs args, Reply<Json> reply);
  void apply_to_worker(WorkerId worker, const std::string& method, const std::string& reason, Reply<Json> reply);

  Needs needs_;
};

}  // namespace kiln::data
