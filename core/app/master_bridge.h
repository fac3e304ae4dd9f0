// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "core/data/api.h"
#include "core/data/controls.h"
#include "core/db/database.h"
#include "core/engine/engine.h"
#include "core/script/runtime.h"

namespace kiln::app {

// What Python may ask of the master: carries each question to the loop thread.
class MasterBridge : public script::MasterHost {
 public:
  struct Needs {
    std::function<void(std::function<void()>)> post_to_loop;
    data::Api& api;
    data::Controls& controls;
    db::Database& db;
    engine::Engine& engine;
  };
  explicit MasterBridge(Needs needs) : needs_(std::move(needs)) {}

  void post_to_loop(std::function<void()> work) override;
  void data_get(std::string path, ResultSpec spec, Reply<Json> reply) override;
  void control(std::string path, std::string method, JsonObject params, Reply<Json> reply) override;
  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) override;
  void get_state(std::string object, std::string class_name, std::string key, Reply<Json> reply) override;
  void set_state(std::string object, std::string class_name, std::string key, Json value, Reply<> reply) override;

 private:
  Needs needs_;
};

}  // namespace kiln::app
