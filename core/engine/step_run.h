// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/command_run.h"
#include "core/engine/locks.h"
#include "core/engine/step_logs.h"
#include "core/engine/sub_steps.h"
#include "core/script/step.h"

namespace kiln::engine {

class BuildRun;

// What a step hears that asks for something when it is over.
Error step_is_over();

// One step of one build: the lifecycle of semantics.md 2.2, the same for native and Python steps. Held by its build
// while it is the current one, and by what may still reply to it. Loop thread.
class StepRun : public script::StepHost, public CommandRun::Host, public std::enable_shared_from_this<StepRun> {
 public:
  // adding: the unit of work that says so is not committed yet. locking: it waits for locks, or the unit that says that
  // it has them.
  enum class Phase { fresh, preparing, adding, locking, running, explaining, closing, summing, over };

  StepRun(BuildRun& build, script::StepPtr step, bool is_native);
  ~StepRun() override;

  void begin();
  // Ends it soon: interrupt, kill, abandon, each with a deadline. `lost`: by a lost connection.
  void interrupt(const std::string& reason, bool lost);
  // Ends it now: nobody waits for its answers any more.
  void give_up() { abandon(); }
  // It was interrupted, and nothing ends it when it does not answer.
  bool is_past_stop_deadline() const;
  // The engine goes: unties it from what might still hold it.
  void let_go();

  // StepHost
  BuildId build_id() const override;
  std::string step_name() const override;
  void add_log(std::string name, LogType type, Reply<Log> reply) override;
  void append_log(LogId log, char stream, std::string text) override;
  void finish_log(LogId log, Reply<> reply) override;
  void watch_log(LogId log, std::function<void(LogChunkPtr)> watcher) override;
  void run_command(script::CommandRequest request, Reply<script::CommandOutcome> reply) override;
  void set_property(std::string name, Json value, std::string source, bool runtime) override;
  void use_secret(std::string name, std::string value) override;
  void add_url(std::string name, std::string url, Reply<> reply) override;
  void set_state_string(std::string text) override;
  void set_build_data(std::string name, std::string value, std::string source, Reply<> reply) override;
  void add_test_result_set(TestResultSet set, Reply<std::int64_t> reply) override;
  void add_test_results(std::int64_t set, std::vector<TestResult> results) override;
  void complete_test_result_set(std::int64_t set, std::optional<std::int64_t> passed,
                                std::optional<std::int64_t> failed, Reply<> reply) override;
  void trigger(script::TriggerOrder order, Reply<script::Triggered> started, Reply<Results> finished) override;
  script::SubStepHost* sub_steps() override { return &sub_steps_; }
  void stop_build(std::string reason, Results results) override;
  void add_steps(std::vector<script::StepPtr> steps, bool at_end) override;

  // CommandRun::Host
  void command_output(LogId log, char stream, std::string_view text) override;
  std::string shown(std::string text) const override;
  void command_log_ends(LogId log) override;
  void make_log(const std::string& name, Reply<Log> reply) override;
  void command_lost() override;

 private:
  struct EarlyLog {
    std::string name;
    LogType type = LogType::stream;
    Reply<Log> reply;
  };

  void enter_phase(Phase next);
  bool may_act() const;
  void on_prepared(Result<script::PreparedStep> prepared);
  void let_step_finish();
  void write_row();
  void write_early_logs(Unit& unit, RowRef<StepId> step);
  void take_locks();
  bool waits_for_locks() const;
  void wait_for_locks();
  void on_locks_free();
  void on_deadlock(const std::string& why, bool alone);
  void give_way();
  void leave_lock_queue();
  void write_state(std::string text);
  StepLogs& logs_of(LogId log);
  void on_added();
  void run();
  void on_run(Result<script::StepOutcome> outcome);
  void conclude(Results results, std::optional<std::string> error);
  void explain(const std::string& error);
  void close_logs();
  void sum_up();
  void on_summed(Result<script::StepEnd> end);
  void finish(script::StepEnd end);
  void drop_command();
  void write_end(const script::StepEnd& end);
  void show_state();
  void save_urls();
  void write_urls(Unit& unit);
  void escalate();
  void kill();
  void abandon();

  BuildRun& build_;
  std::shared_ptr<BuildRun> build_alive_;
  script::StepPtr step_;
  bool is_native_;
  Phase phase_ = Phase::fresh;
  Step row_;  // as committed
  std::string state_string_ = "pending";
  std::vector<Url> urls_;
  std::size_t urls_written_ = 0;          // as far as a unit has them
  std::vector<Reply<>> url_replies_;      // of those that no unit has yet
  bool urls_are_on_their_way_ = false;
  std::unique_ptr<Timer> url_timer_;
  script::PreparedStep prepared_;
  StepLogs logs_;
  SubSteps sub_steps_;
  std::vector<EarlyLog> early_logs_;
  std::map<std::int64_t, TestResultSet> test_result_sets_;  // those that are not complete
  struct Deadlock {
    std::string why;
    bool alone = false;
  };
  std::unique_ptr<LockClaim> claim_;
  std::optional<Deadlock> deadlock_;
  std::shared_ptr<CommandRun> command_;
  std::unique_ptr<Timer> timer_;     // shows the state of a step that takes its time
  std::unique_ptr<Timer> deadline_;  // of an interrupt
  std::string stop_reason_;
  bool is_stopped_ = false;
  bool is_lost_ = false;
  bool is_abandoned_ = false;
  bool was_run_ = false;
  Results results_ = Results::success;
};

}  // namespace kiln::engine
