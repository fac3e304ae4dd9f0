// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/data/api.h"
#include "core/data/controls.h"
#include "core/data/event_bus.h"
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
    data::EventBus& events;
  };
  explicit MasterBridge(Needs needs);
  ~MasterBridge() override;

  void post_to_loop(std::function<void()> work) override;
  void data_get(std::string path, ResultSpec spec, Reply<Json> reply) override;
  void control(std::string path, std::string method, JsonObject params, Reply<Json> reply) override;
  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) override;
  void get_state(std::string object, std::string class_name, std::string key, Reply<Json> reply) override;
  void set_state(std::string object, std::string class_name, std::string key, Json value, Reply<> reply) override;

  void object_id(std::string object, std::string class_name, Reply<std::int64_t> reply) override;
  void get_object_state(std::int64_t object, std::string key, Reply<Json> reply) override;
  void set_object_state(std::int64_t object, std::string key, Json value, bool only_when_new,
                        Reply<bool> reply) override;
  void consume(std::string pattern, script::OnEvent on_event, Reply<std::int64_t> reply) override;
  void stop_consuming(std::int64_t consumer) override;
  void add_buildset(script::BuildsetDraft draft, Reply<script::Triggered> reply) override;
  void set_build_property(BuildId build, Property property, Reply<> reply) override;
  void reload(Reply<> reply) override;

 private:
  struct Consumer;
  void commit_later(Unit unit);

  Needs needs_;
  std::map<std::int64_t, std::unique_ptr<Consumer>> consumers_;  // loop thread
  std::int64_t last_consumer_ = 0;
};

}  // namespace kiln::app
