// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/entities.h"
#include "core/model/extra_entities.h"
#include "core/model/log_chunk.h"
#include "core/model/results.h"
#include "core/script/locks.h"
#include "core/script/object.h"
#include "core/script/sub_steps.h"
#include "core/script/transfer.h"

// The border between the engine's step table and a step's own work, native or Python. Everything here is called on the
// loop thread, in both directions; bindings/ carries it over to the policy thread and back.
namespace kiln::script {

// A command for the worker. `args` is JSON except for what JSON lacks: {"__obfuscated__": [real, shown]} stands for a
// tuple that hides a secret, {"__bytes__": "<latin-1 text>"} for bytes.
struct CommandRequest {
  std::string name;  // "shell", "mkdir", "stat" ... (wire-pb.md section 7)
  JsonObject args;
  std::optional<LogId> stdio;  // where stdout, stderr and header go; none: dropped unless collected
  struct LogFile {
    std::string name;            // the key in args["logfiles"]
    std::optional<LogId> log;    // none: the log is made when the first data comes
  };
  std::vector<LogFile> log_files;
  bool collect_stdout = false;
  bool collect_stderr = false;
  std::optional<TransferPlan> transfer;  // of uploadFile, uploadDirectory and downloadFile
  // Return codes are decoded by the step; the engine writes "program finished with exit code N" into stdio itself.
};

struct CommandOutcome {
  enum class End { completed, interrupted, connection_lost, failed };
  End end = End::completed;
  std::optional<int> rc;
  std::string failure_reason;  // "timeout", "timeout_without_output", "max_lines_failure" or empty
  std::string error;           // with `failed`: the worker's traceback text
  std::vector<std::pair<std::string, Json>> updates;  // all others, in order (stat, files, ...)
  std::string collected_stdout;
  std::string collected_stderr;
};

// What is known of one codebase's source; the rest is filled in by the scheduler.
struct StampOrder {
  std::string codebase;
  std::optional<std::optional<std::string>> branch, revision;
  std::optional<std::string> repository, project;
  std::optional<Patch> patch;
};

// Builds that a step asks of a scheduler.
struct TriggerOrder {
  std::string scheduler;
  Properties properties;
  std::vector<StampOrder> sourcestamps;  // the scheduler's other codebases get its defaults
  bool waited_for = false;
  std::string parent_relationship;
};

struct Triggered {
  BuildsetId buildset;  // 0: the scheduler builds it later
  std::vector<std::pair<BuilderId, RequestId>> requests;
};

class Step;  // not the row kiln::Step

// What a running step may ask of the engine. Owned by the engine, valid until finish() has replied.
class StepHost {
 public:
  virtual ~StepHost() = default;

  virtual BuildId build_id() const = 0;
  // Unique in the build; empty before run.
  virtual std::string step_name() const = 0;
  // Replies after the row is committed. The slug is unique in the step.
  virtual void add_log(std::string name, LogType type, Reply<Log> reply) = 0;
  // `stream` is 'o', 'e' or 'h' in stream logs and ignored in others. Text may be partial lines.
  virtual void append_log(LogId log, char stream, std::string text) = 0;
  virtual void finish_log(LogId log, Reply<> reply) = 0;
  // Gets each chunk of whole lines from now on, then nullptr when the log is finished; all before command replies
  // that follow them.
  virtual void watch_log(LogId log, std::function<void(LogChunkPtr)> watcher) = 0;
  // One at a time per step. Replies once, also when interrupted or the connection is lost.
  virtual void run_command(CommandRequest request, Reply<CommandOutcome> reply) = 0;
  virtual void set_property(std::string name, Json value, std::string source, bool runtime) = 0;
  // The build uses this value, which is a secret: from now on the name is shown instead of it wherever the build shows
  // something (logs, states, URLs, errors). Also before the step's row is there.
  virtual void use_secret(std::string name, std::string value) = 0;
  virtual void add_url(std::string name, std::string url, Reply<> reply) = 0;
  virtual void set_state_string(std::string text) = 0;
  // Kept with the build under the name, in the place of what was. Replies after the commit.
  virtual void set_build_data(std::string name, std::string value, std::string source, Reply<> reply) = 0;
  // Replies with the set's id, after the commit; of `set` only the words count.
  virtual void add_test_result_set(TestResultSet set, Reply<std::int64_t> reply) = 0;
  virtual void add_test_results(std::int64_t set, std::vector<TestResult> results) = 0;
  virtual void complete_test_result_set(std::int64_t set, std::optional<std::int64_t> passed,
                                        std::optional<std::int64_t> failed, Reply<> reply) = 0;
  // `started` when the buildset is announced, then `finished` when it is complete. Errors, to both: not_found when no
  // scheduler of this name can be triggered.
  virtual void trigger(TriggerOrder order, Reply<Triggered> started, Reply<Results> finished) = 0;
  // Null: it makes none by hand.
  virtual SubStepHost* sub_steps() { return nullptr; }
  // Ends the build soon, as if a user had stopped it; this step is interrupted.
  virtual void stop_build(std::string reason, Results results) = 0;
  // Steps to run right after this one, or at the end of the build.
  virtual void add_steps(std::vector<std::shared_ptr<Step>> steps, bool at_end) = 0;
};

struct StepOptions {
  std::string name;  // rendered; the engine makes it unique in its build
  ResultFlags flags;
  bool always_run = false;
  std::vector<Results> build_summary_policy;  // results with which the step's text goes into the build's
};

struct PreparedStep {
  StepOptions options;
  bool skip = false;          // doStepIf said no
  std::string state_string;    // current summary
  std::string waiting_string;  // while it waits for its locks; empty: as usual
  LockAccesses locks;          // it takes them before it runs
  std::optional<std::string> error;  // rendering or doStepIf raised: the traceback; the step ends EXCEPTION
};

struct StepOutcome {
  Results results = Results::success;
  std::optional<std::string> error;  // traceback of what run() raised, for the logs err.text and err.html
};

struct StepSummary {
  std::string step;
  std::optional<std::string> build;
};

struct StepEnd {
  Results results = Results::success;  // may be worse than asked: hideStepIf or an observer raised
  bool hidden = false;
  StepSummary summary;
  std::optional<std::string> error;
};

// One step of one build. The engine calls prepare, then (unless skipped) run, at any time in between interrupt, and
// finish last. Native and Python steps implement the same verbs.
class Step {
 public:
  virtual ~Step() = default;
  // `host` stays valid until finish() has replied.
  virtual void prepare(StepHost& host, Reply<PreparedStep> reply) = 0;
  virtual void run(Reply<StepOutcome> reply) = 0;
  // The step's command, if any, is interrupted by the engine; this tells the step itself.
  virtual void interrupt(std::string reason) = 0;
  // hideStepIf, errors of observers, the last summary.
  virtual void finish(Results results, Reply<StepEnd> reply) = 0;
  // The engine made a log for a lazy log file.
  virtual void log_added(const Log&) {}
  // A name for messages before prepare has replied.
  virtual std::string describe() const = 0;
  // Whether the step also runs when its build is ending; asked before prepare.
  virtual bool always_run() const { return false; }
};
using StepPtr = std::shared_ptr<Step>;

// Everything that a build's Python objects may look at.
struct BuildContext {
  BuildId build;
  std::int64_t number = 0;
  BuilderId builder;
  std::string builder_name;
  RequestId request;
  BuildsetId buildset;
  std::string reason;
  WorkerId worker;
  std::string worker_name;
  JsonObject worker_info;  // everything getWorkerInfo gave, incl. worker_commands, environ, basedir, system
  Properties properties;
  std::vector<SourceStamp> sourcestamps;
  std::vector<Change> changes;
  std::string workdir;  // of the factory, relative to the builder's directory
  ObjectRef asked;      // what do_build_if was asked about; null: there is none
};

// The Python side of one build: made when any of its steps is Python.
class BuildSession {
 public:
  virtual ~BuildSession() = default;
  // A native step changed a property: the mirror follows. (Python's own changes come through StepHost.)
  virtual void property_changed(const Property& property) = 0;
  // The build is over; Python may drop everything.
  virtual void close(Results results) = 0;
};

struct OpenedBuild {
  std::shared_ptr<BuildSession> session;
  std::vector<StepPtr> steps;  // one for each recipe that was asked for, in order, unless the build's class makes them
  Properties properties;       // that the build's class has set
  LockAccesses locks;          // of its builder's list, when that is rendered
};

}  // namespace kiln::script
