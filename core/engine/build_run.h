// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/secrets.h"
#include "core/engine/build_properties.h"
#include "core/engine/buildsets.h"
#include "core/engine/fleet.h"
#include "core/engine/kernel.h"
#include "core/engine/locks.h"
#include "core/engine/state.h"
#include "core/script/build_steering.h"
#include "core/script/step.h"

namespace kiln::engine {

class StepLogs;
class StepRun;

// One build, from the claim of its request to its last row. Owned by Builds; loop thread. Units of work go through
// `pending()`, so that writes of neighbouring transitions are committed together.
class BuildRun : public std::enable_shared_from_this<BuildRun> {
 public:
  // claiming, adding, finishing: the unit of work that says so is not committed yet. deciding: do_build_if is asked.
  // failing: the first step cannot begin, and the logs that say why are written. locking: it waits for its builder's
  // locks.
  enum class Phase { claiming, deciding, adding, preparing, failing, locking, stepping, finishing, ended };

  struct Needs {
    Kernel& kernel;
    Buildsets& buildsets;
    Fleet& fleet;
    std::function<void(BuildRun&)> on_numbered;
    std::function<void(BuildRun&)> on_ended;
    std::function<void(script::TriggerOrder, BuildId parent, Reply<script::Triggered>, Reply<Results>)> trigger;
  };
  BuildRun(const Needs& needs, RequestState& request, WorkerState& worker);
  ~BuildRun();

  // Claims the request and goes on by itself.
  void start();
  // Ends with `results` soon, whatever it is doing; only the first reason counts.
  void stop(const std::string& reason, Results results);
  void connection_lost();
  // The step that runs has had its time to end by itself.
  void give_up();
  // The engine goes while it still runs: nothing is waited for any more.
  void let_go();

  Phase phase() const { return phase_; }
  const Build& row() const { return row_; }
  const BuilderState& builder() const { return builder_; }
  const RequestState& request() const { return request_; }
  const WorkerState& worker() const { return worker_; }
  bool has_late_step() const;          // that goes on although the build is over
  bool is_past_stop_deadline() const;  // it was stopped, and no deadline ends what it waits for
  bool is_announced() const { return is_announced_; }  // whoever listens knows that it runs

  // For its steps.
  Kernel& kernel() { return kernel_; }
  WorkerLink* link() const { return link_.get(); }  // null: lost
  const script::BuilderConfig& builder_config() const { return *config_; }
  const Properties& properties() const { return properties_; }
  const BuildScope& scope() const { return scope_; }
  Secrets& secrets() { return secrets_; }  // that its steps have used
  std::string masked(std::string text) const { return secrets_.empty() ? text : secrets_.masked(text); }
  LockUser lock_user() const;
  // Of its builder's list: what its steps cannot take.
  const script::LockAccesses& own_accesses() const {
    return computed_accesses_.empty() ? config_->locks : computed_accesses_;
  }
  std::uint64_t locks_version() const { return locks_version_; }
  void add_locks_time(EpochSeconds seconds) { row_.locks_duration_s += seconds; }
  bool is_stopping() const { return stop_.has_value(); }
  std::string unique_step_name(const std::string& wanted);
  std::int64_t next_step_number() { return next_step_number_++; }
  void set_property(Property property, bool tell_python);
  void trigger(script::TriggerOrder order, Reply<script::Triggered> started, Reply<Results> finished);
  void insert_steps(std::vector<script::StepPtr> steps, bool at_end);
  // Text was appended to one of its logs: holds the worker back when too much of it is not written yet.
  void log_grew();
  Unit& pending() { return pending_; }
  void commit_pending();
  // The current step is over; its last writes are in pending().
  void step_done(Results results, const ResultFlags& flags, std::optional<std::string> build_text);

 private:
  friend struct Corruption;  // of tests that break what should hold
  struct Upcoming {
    script::StepPtr step;
    bool is_native = false;
  };
  struct Stop {
    std::string reason;
    Results results = Results::cancelled;
  };

  void enter_phase(Phase next);
  void on_claimed(bool ok);
  void give_up_claim();
  script::BuildContext context() const;
  void ask_gate();
  void on_decided(Result<script::GateAnswer> answer);
  void take_answer(script::GateAnswer answer);
  void skip();
  void add_row();
  void add_build(BuilderId shown_under);
  void on_numbered(const Written& build);
  void add_preparation(std::size_t build);
  void on_added(const Written& step);
  void announce(const Properties& owners);
  void announce_preparation();
  void publish_state(const std::string& state);
  void save_properties(Properties properties);
  void open_python();
  void on_opened(Result<script::OpenedBuild> opened);
  void make_steps(std::vector<script::StepPtr> python);
  void ping();
  void set_preparation_deadline(std::chrono::seconds patience);
  void on_pinged(const Result<void>& done);
  void on_prepared();
  Locks::Waiter lock_waiter();
  void take_first_locks();
  void give_locks_back();
  bool has_locks() const;
  void take_computed_locks();
  void acquire_locks();
  void on_locks_free();
  void finish_acquisition();
  void on_deadlock(const std::string& why, bool alone);
  void begin_steps();
  struct Failure {
    Results results = Results::retry;
    std::string step_text;
    std::string build_text;
    std::string error;
    bool blame_worker = false;
  };
  void fail_preparation(Failure failure);
  void worker_not_ready(const Error& error);
  void on_failure_logged();
  void finish_own_step(Step& step, Results results, const std::string& text);  // preparation_ or acquisition_
  void next_step();
  void begin_step(Upcoming upcoming);
  script::BuildSteering* steering() const;
  void ask_about(Results step, const MergedResult& merged);
  void go_on(Results total, bool terminate);
  int open_question(std::function<void()> without_answer);
  bool close_question(int number);
  void limit_question();
  void take_properties(const Properties& properties);
  void finish();
  void ask_about_end();
  void limit_retries();
  void write_end();
  void on_finished();
  void judge_worker();
  std::vector<std::string> final_texts() const;
  void write_dirty_properties();
  void pause_worker(bool paused);
  void check_pause();

  Kernel& kernel_;
  Buildsets& buildsets_;
  Fleet& fleet_;
  Needs needs_;
  RequestState& request_;
  BuilderState& builder_;
  WorkerState& worker_;
  std::shared_ptr<WorkerLink> link_;
  script::ConfigPtr master_config_;
  std::shared_ptr<const script::BuilderConfig> config_;

  Phase phase_ = Phase::claiming;
  Build row_;
  Step preparation_;
  Step acquisition_;
  Properties properties_;
  std::vector<Property> dirty_properties_;
  std::vector<SourceStamp> stamps_;
  JsonObject worker_info_;
  BuildScope scope_;
  Secrets secrets_;
  std::optional<Stop> stop_;
  bool is_lost_ = false;
  bool is_retried_out_ = false;
  bool is_announced_ = false;
  bool is_terminating_ = false;  // a step's result forbids further ones, except always_run
  std::optional<Failure> failure_;
  std::optional<Failure> gate_failure_;
  bool is_wanted_ = true;  // by do_build_if
  script::ObjectRef asked_;
  std::unique_ptr<StepLogs> preparation_logs_;
  Results results_ = Results::success;
  std::vector<std::string> texts_;

  std::uint64_t locks_version_ = 0;
  std::unique_ptr<LockClaim> claim_;           // of what the configuration says
  std::unique_ptr<LockClaim> computed_claim_;  // of what its builder's list was rendered to
  script::LockAccesses computed_accesses_;

  Unit pending_;
  std::unique_ptr<Timer> deadline_;
  std::shared_ptr<script::BuildSession> session_;
  std::deque<Upcoming> upcoming_;
  std::shared_ptr<StepRun> current_;
  std::unordered_set<std::string> step_names_;
  std::unordered_map<std::string, int> step_twins_;  // how many steps have wanted a name so far
  std::int64_t next_step_number_ = 1;
  bool holds_worker_back_ = false;
  // What happens when the build's class does not answer a question; null: none is open.
  std::function<void()> without_answer_;
  std::optional<std::vector<std::string>> ending_texts_;  // the class's own
  int question_ = 0;  // answers to older ones come too late
};

}  // namespace kiln::engine
