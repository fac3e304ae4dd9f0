// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/engine.h"
#include "core/logs/log_store.h"
#include "core/model/resources.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/result_text.h"
#include "tests/support/scripted_transfers.h"
#include "tests/support/scripted_worker.h"

namespace kiln::testing {

// Keeps what was published, as short lines for comparing and as rows.
class RecordedEvents : public EventSink {
 public:
  void publish(const Event& event) override;
  // Lines from `first` on, only those that contain one of `wanted` (all when empty).
  std::vector<std::string> lines(const std::vector<std::string>& wanted = {}) const;
  std::size_t count(std::string_view line_part) const;
  void clear() { lines_.clear(); }

  std::vector<Event> events;

 private:
  std::vector<std::string> lines_;
};

// What the engine keeps of a run from the force to the last row, on a fake clock, in memory, with a real log store in a
// scratch directory. One thread; only the log store's writer is another.
class EngineHost {
 public:
  EngineHost();
  ~EngineHost();

  // A builder whose steps are shell commands.
  std::shared_ptr<script::BuilderConfig> add_builder(const std::string& name, std::vector<std::string> worker_names,
                                                     std::vector<script::NativeShell> steps);
  std::shared_ptr<script::WorkerConfig> add_worker(const std::string& name);
  // A force scheduler named "force" for all builders; its form takes any builder names and {"property": value}.
  void add_force_scheduler();
  std::shared_ptr<script::SchedulerConfig> add_change_scheduler(const std::string& name,
                                                                std::vector<std::string> builder_names);

  void start();  // makes the engine and applies `config`
  void apply();  // applies `config` again
  // The master is killed and started again on the same database.
  void restart();
  // One that the test connects by itself.
  std::shared_ptr<ScriptedWorker> make_worker(const std::string& name);
  // `rc`: its commands end by themselves with it.
  std::shared_ptr<ScriptedWorker> connect(const std::string& name, std::optional<int> rc = std::nullopt);

  engine::ForceResult force(const std::string& builder, JsonObject properties = {});
  void change(const std::string& revision, const std::string& branch = "main", const std::string& codebase = "");

  // Everything that can happen without the clock advancing happens.
  void settle();
  // Time goes on, everything that is due happens in between.
  void advance(std::chrono::milliseconds time);
  void post(std::function<void()> work);

  const Build& build(std::int64_t id) const { return journal.builds.at(BuildId(id)).build; }
  std::vector<Step> steps(std::int64_t build) const;
  const Step& step(std::int64_t build, const std::string& name) const;
  std::vector<Log> logs(StepId step) const;
  std::string log_text(std::int64_t build, const std::string& step, const std::string& log) const;
  const BuildRequest& request(std::int64_t id) const { return journal.requests.at(RequestId(id)).request; }

  FakeClock clock;
  MemoryJournal journal;
  RecordedEvents events;
  std::shared_ptr<script::Config> config = std::make_shared<script::Config>();
  std::unique_ptr<logs::LogStore> logs_store;
  ScriptedTransfers transfers{clock};
  std::unique_ptr<engine::Engine> engine;

 private:
  bool run_posted();
  bool flush_barrier();
  void kill();

  std::vector<std::weak_ptr<ScriptedWorker>> workers_;
  std::filesystem::path directory_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  bool activity_ = false;
};

// A shell step that needs nothing of its build.
script::NativeShell shell_step(const std::string& name, const std::string& command);

}  // namespace kiln::testing
