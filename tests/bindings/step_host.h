// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/script/step.h"

// The engine's side of one step, on the loop thread: answers at once and remembers what it was told, in order.
class RecordingStepHost final : public kiln::script::StepHost {
 public:
  std::vector<std::string> told;
  kiln::script::CommandRequest request;
  std::vector<kiln::script::StepPtr> added;
  std::function<void(kiln::LogChunkPtr)> watcher;

  kiln::BuildId build_id() const override { return kiln::BuildId(77); }
  std::string step_name() const override { return "named"; }
  void add_log(std::string name, kiln::LogType type, kiln::Reply<kiln::Log> reply) override {
    told.push_back("add_log " + name + " " + static_cast<char>(type));
    kiln::Log log;
    log.id = kiln::LogId(5);
    log.name = name;
    log.slug = "slug_" + name;
    reply(log);
  }
  void append_log(kiln::LogId log, char stream, std::string text) override {
    told.push_back("append " + std::to_string(log.value) + " " + stream + " " + text);
  }
  void finish_log(kiln::LogId log, kiln::Reply<> reply) override {
    told.push_back("finish_log " + std::to_string(log.value));
    reply(kiln::Result<void>());
  }
  void watch_log(kiln::LogId, std::function<void(kiln::LogChunkPtr)> callback) override {
    watcher = std::move(callback);
  }
  // Says two lines and ends.
  void run_command(kiln::script::CommandRequest asked, kiln::Reply<kiln::script::CommandOutcome> reply) override {
    request = std::move(asked);
    for (const char* line : {"oone\n", "etwo\n"}) {
      auto chunk = std::make_shared<kiln::LogChunk>();
      chunk->text = line;
      if (watcher) watcher(chunk);
    }
    if (watcher) watcher(nullptr);
    kiln::script::CommandOutcome outcome;
    outcome.rc = 2;
    outcome.updates = {{"stat", kiln::JsonArray{1, 2}}};
    outcome.collected_stdout = "one\n";
    reply(std::move(outcome));
  }
  void set_property(std::string name, kiln::Json value, std::string source, bool runtime) override {
    told.push_back("property " + name + "=" + kiln::dump_json(value) + " " + source + (runtime ? " runtime" : ""));
  }
  void stop_build(std::string reason, kiln::Results results) override {
    told.push_back("stop_build " + reason + " " + std::string(kiln::to_string(results)));
  }
  void use_secret(std::string name, std::string value) override { told.push_back("secret " + name + " " + value); }
  void add_url(std::string name, std::string url, kiln::Reply<> reply) override {
    told.push_back("url " + name + " " + url);
    reply(kiln::Result<void>());
  }
  void trigger(kiln::script::TriggerOrder order, kiln::Reply<kiln::script::Triggered> started,
               kiln::Reply<kiln::Results> finished) override {
    told.push_back("trigger " + order.scheduler);
    started(kiln::script::Triggered{});
    finished(kiln::Results::success);
  }
  void set_build_data(std::string name, std::string value, std::string source, kiln::Reply<> reply) override {
    told.push_back("build data " + name + "=" + value + " " + source);
    reply(kiln::Result<void>());
  }
  void add_test_result_set(kiln::TestResultSet set, kiln::Reply<std::int64_t> reply) override {
    told.push_back("test result set " + set.description.value_or("-") + " " + set.category + " " + set.value_unit);
    reply(std::int64_t{9});
  }
  void add_test_results(std::int64_t set, std::vector<kiln::TestResult> results) override {
    for (const kiln::TestResult& result : results) {
      told.push_back("test result " + std::to_string(set) + " " + result.test_name.value_or("-") + "=" + result.value);
    }
  }
  void complete_test_result_set(std::int64_t set, std::optional<std::int64_t> passed,
                                std::optional<std::int64_t> failed, kiln::Reply<> reply) override {
    told.push_back("complete " + std::to_string(set) + " " + std::to_string(passed.value_or(-1)) + " " +
                   std::to_string(failed.value_or(-1)));
    reply(kiln::Result<void>());
  }
  void set_state_string(std::string text) override { told.push_back("state " + text); }
  void add_steps(std::vector<kiln::script::StepPtr> steps, bool at_end) override {
    added = std::move(steps);
    told.push_back(at_end ? "add_steps at end" : "add_steps");
  }
};
