// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/logs/log_sink.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/scripted_transfers.h"
#include "tests/support/scripted_worker.h"

namespace kiln::testing {

// A master on a fake clock in a world that a seed decides on: builders, workers, locks, priorities; users who force, stop
// and reconfigure; functions and steps of theirs that lie, sleep or raise; storage that goes and comes; restarts. One
// thread, no files: the same seed gives the same world.
class RandomWorld : public EventSink, public logs::LogSink {
 public:
  explicit RandomWorld(std::uint32_t seed);
  ~RandomWorld() override;

  // One thing happens: a commit, a timer, an answer, something that somebody does.
  void step();
  // Everybody becomes honest, the storage works, time goes on: all work must come to an end.
  void calm_down();
  // What is wrong; empty: nothing.
  const std::string& problem() const { return problem_; }
  std::size_t steps() const { return steps_; }
  std::size_t builds() const { return journal_.builds.size(); }
  std::uint64_t trace() const { return trace_; }  // of all events: worlds of one seed have the same

  // For its user code.
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool one_in(int n) { return !is_calm_ && pick(n) == 0; }
  // Happens when the world comes to it.
  void later(std::function<void()> answer) { answers_.push_back(std::move(answer)); }
  // Happens only when everybody becomes honest.
  void never(std::function<void()> answer) { sleepers_.push_back(std::move(answer)); }
  void after(std::chrono::milliseconds delay, std::function<void()> work);
  std::string some_worker() { return name("w", pick(worker_count_ + 2)); }
  RequestId some_request() { return RequestId(recent(static_cast<std::int64_t>(journal_.requests.size()))); }

 private:
  struct BuilderPlan {
    bool exists = true;
    std::vector<std::string> workers;
    script::LockAccesses locks;
    script::Collapse collapse = script::Collapse::rule;
    bool asks = false, chooses_request = false, has_gate = false;
    int native_steps = 1, python_steps = 0;
    std::vector<script::LockAccesses> step_locks;
  };
  struct WorkerPlan {
    bool exists = true;
    std::optional<int> max_builds;
  };

  void publish(const Event& event) override;
  void append(LogChunkPtr) override {}
  void flush(BuildId build, Reply<> reply) override;
  void finish_build(BuildId build, Reply<> reply) override;
  std::size_t unwritten_bytes(BuildId) const override { return is_disk_slow_ ? std::size_t{5} << 20 : 0; }

  static std::string name(const char* prefix, int i) { return prefix + std::to_string(i); }
  std::int64_t recent(std::int64_t last) { return std::max<std::int64_t>(1, last + 2 - pick(25)); }
  script::LockAccess some_access();
  void plan();
  script::ConfigPtr configuration();
  std::shared_ptr<script::BuilderConfig> builder(int i, const BuilderPlan& plan);
  void add_schedulers(script::Config& config);
  void apply();
  void start();
  void watch(std::chrono::seconds interval);
  void kill();
  void restart();
  void stop_cleanly();
  bool advance_something();
  bool work_once(int kind);
  void act();
  void act_on_work(int kind);
  void act_on_workers(int kind);
  void act_on_master(int kind);
  void force();
  void rebuild();
  void reconfigure();
  void touch_storage();
  void connect(int i);
  void finish_some();
  void check(bool all);
  void fail(const std::string& what);
  void check_all_ended();

  std::mt19937 random_;
  std::uint32_t seed_;
  FakeClock clock_;
  MemoryJournal journal_;
  ScriptedTransfers transfers_{clock_};
  std::map<int, std::unique_ptr<Timer>> timers_;
  int last_timer_ = 0;
  std::vector<std::function<void()>> answers_;
  std::vector<std::function<void()>> sleepers_;
  std::deque<Reply<>> flushes_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::shared_ptr<ScriptedWorker>> links_;
  std::vector<std::weak_ptr<ScriptedWorker>> old_links_;

  int builder_count_ = 0, worker_count_ = 0;
  std::vector<BuilderPlan> builders_;
  std::vector<WorkerPlan> workers_;
  std::vector<script::Lock> locks_;
  bool orders_builders_ = false;
  std::optional<int> retry_limit_;

  bool is_calm_ = false;
  bool is_disk_slow_ = false;
  bool is_stopping_ = false, has_stopped_ = false;
  std::size_t stops_at_ = 0;
  std::int64_t open_requests_ = 0;
  std::size_t steps_ = 0;
  std::uint64_t trace_ = 14695981039346656037u;
  std::string problem_;
};

}  // namespace kiln::testing
