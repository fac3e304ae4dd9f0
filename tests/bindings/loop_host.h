// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/script/runtime.h"

// A master with a real loop thread that keeps state and answers data_get() with what was asked.
class LoopHost final : public kiln::script::MasterHost {
 public:
  LoopHost() : thread_([this] { serve(); }) {}
  ~LoopHost() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  LoopHost(const LoopHost&) = delete;
  LoopHost& operator=(const LoopHost&) = delete;

  std::thread::id thread_id() const { return thread_.get_id(); }
  // Takes the place of the echo; set before the policy runs.
  std::function<void(std::string, kiln::Reply<kiln::Json>)> on_data_get;
  std::vector<kiln::script::ChangeDraft> changes;  // loop thread

  void post_to_loop(std::function<void()> work) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
    }
    wake_.notify_one();
  }
  void data_get(std::string path, kiln::ResultSpec spec, kiln::Reply<kiln::Json> reply) override {
    if (on_data_get) return on_data_get(std::move(path), std::move(reply));
    kiln::JsonArray filters;
    for (const kiln::Filter& filter : spec.filters) {
      filters.push_back(kiln::JsonArray{filter.field, static_cast<int>(filter.op),
                                        kiln::JsonArray(filter.values.begin(), filter.values.end())});
    }
    kiln::JsonArray order;
    for (const kiln::SortKey& key : spec.order) order.push_back(kiln::JsonArray{key.field, key.descending});
    reply(kiln::Json(kiln::JsonObject{{"path", path},
                                      {"fields", kiln::JsonArray(spec.fields.begin(), spec.fields.end())},
                                      {"filters", filters},
                                      {"order", order},
                                      {"limit", spec.limit.value_or(-1)}}));
  }
  void control(std::string path, std::string method, kiln::JsonObject, kiln::Reply<kiln::Json> reply) override {
    reply(kiln::make_error(kiln::Errc::not_supported, "no method \"" + method + "\" at \"" + path + "\""));
  }
  void add_change(kiln::script::ChangeDraft draft, kiln::Reply<kiln::ChangeId> reply) override {
    changes.push_back(std::move(draft));
    reply(kiln::ChangeId(static_cast<std::int64_t>(changes.size())));
  }
  void get_state(std::string object, std::string class_name, std::string key,
                 kiln::Reply<kiln::Json> reply) override {
    reply(state_[{object, class_name, key}]);
  }
  void set_state(std::string object, std::string class_name, std::string key, kiln::Json value,
                 kiln::Reply<> reply) override {
    state_[{object, class_name, key}] = std::move(value);
    reply(kiln::Result<void>());
  }

  void object_id(std::string, std::string, kiln::Reply<std::int64_t> reply) override { reply(std::int64_t{1}); }
  void get_object_state(std::int64_t, std::string, kiln::Reply<kiln::Json> reply) override {
    reply(kiln::Json(kiln::JsonArray()));
  }
  void set_object_state(std::int64_t, std::string, kiln::Json, bool, kiln::Reply<bool> reply) override { reply(true); }
  void consume(std::string, kiln::script::OnEvent, kiln::Reply<std::int64_t> reply) override { reply(std::int64_t{1}); }
  void stop_consuming(std::int64_t) override {}
  void add_buildset(kiln::script::BuildsetDraft, kiln::Reply<kiln::script::Triggered> reply) override {
    reply(kiln::script::Triggered{});
  }
  void set_build_property(kiln::BuildId, kiln::Property, kiln::Reply<> reply) override { reply(kiln::Result<void>()); }
  void reload(kiln::Reply<> reply) override { reply(kiln::Result<void>()); }

 private:
  void serve() {
    for (std::unique_lock lock(mutex_);;) {
      wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto batch = std::exchange(queue_, {});
      lock.unlock();
      for (auto& work : batch) work();
      batch.clear();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> queue_;
  bool ending_ = false;
  std::map<std::tuple<std::string, std::string, std::string>, kiln::Json> state_;  // loop thread
  std::thread thread_;
};
