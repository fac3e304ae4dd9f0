// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/entities.h"
#include "core/script/auth.h"
#include "core/script/build_gate.h"
#include "core/script/cron_times.h"
#include "core/script/locks.h"
#include "core/script/matching.h"
#include "core/script/object.h"
#include "core/script/step.h"
#include "core/script/template.h"

// A loaded configuration: plain structs and references to the user's objects. Immutable and shared once loaded; each
// running build keeps the one it began with.
namespace kiln::script {

// A stock ShellCommand without Python in any argument: it runs without the policy thread (semantics.md section 3.1).
struct NativeShell {
  Template name;
  Template command;  // string or (nested) list of strings
  Template workdir;  // null: the build's
  Template env;      // dict or null; overlays the builder's
  Template description, description_done, description_suffix;  // null, string or list of strings
  ResultFlags flags;
  bool always_run = false;
  bool skip = false;    // doStepIf=False
  bool hidden = false;  // hideStepIf=True
  std::vector<Results> build_summary_policy;
  std::map<int, Results> decode_rc{{0, Results::success}};
  bool want_stdout = true, want_stderr = true, use_pty = false, log_environ = true, lazy_log_files = false;
  Template log_files;      // dict name -> path or {"filename", "follow"}
  Template initial_stdin;  // null or string
  Json timeout = 1200;     // seconds or null
  Json max_time, max_lines, sigterm_time;
  std::string interrupt_signal = "KILL";
  LockAccesses locks;
};

// How to make one step of a build anew.
struct StepRecipe {
  std::string class_name;                      // for messages
  std::shared_ptr<const NativeShell> native;   // null: Python
  ObjectRef python;                            // the recipe's (class, args, kwargs); null when native
};

// Makes the Python objects of a build. One a builder whose factory has Python in it.
class BuildMaker {
 public:
  virtual ~BuildMaker() = default;
  // `recipes`: those of the factory that are Python, in order. Errors: script, with the traceback.
  virtual void open(BuildContext context, std::vector<ObjectRef> recipes, Reply<OpenedBuild> reply) = 0;
};

enum class Collapse { rule, off, callback };

// Callbacks of a builder that the user gave; each may be null.
class BuilderHooks {
 public:
  virtual ~BuilderHooks() = default;
  // collapseRequests as a function: only an answer of true collapses.
  virtual void collapse(const BuildRequest& newer, const BuildRequest& older, Reply<bool> reply) = 0;
};

struct BuilderConfig {
  std::string name;
  std::optional<std::string> description, description_format;
  std::vector<std::string> tags;
  std::vector<std::string> worker_names;
  std::string builddir;         // on the master: only a name
  std::string worker_builddir;  // below the worker's base directory
  Template env;                 // dict or null
  Properties properties;
  Properties default_properties;
  Collapse collapse = Collapse::rule;
  std::string workdir = "build";
  LockAccesses locks;  // of a list that is rendered: none, OpenedBuild has them
  std::vector<StepRecipe> steps;
  std::shared_ptr<BuildMaker> maker;    // null when every step is native
  std::shared_ptr<BuilderHooks> hooks;  // null: none
  std::shared_ptr<MatchHooks> match;    // null: none
  std::shared_ptr<BuildGate> gate;      // null: everything is built
  ObjectRef object;
};

struct WorkerConfig {
  std::string name;
  std::string password;
  std::optional<int> max_builds;
  Properties properties;
  Properties default_properties;
  std::chrono::seconds keepalive_interval{3600};
  std::chrono::seconds missing_timeout{3600};
  LockAccesses locks;  // each build on it takes them
  std::string class_name = "buildbot.worker.base.Worker";
};

// A change filter without Python. Every condition given must hold.
struct NativeChangeFilter {
  struct Condition {
    std::string attribute;                           // project, repository, branch, category, codebase
    std::vector<std::optional<std::string>> values;  // None is a value of branch
    bool negate = false;
  };
  std::vector<Condition> conditions;
};

enum class Importance { ignored, unimportant, important };

// Scheduler code of the user's: filter functions, fileIsImportant, own classes.
class SchedulerHooks {
 public:
  virtual ~SchedulerHooks() = default;
  virtual void classify(const Change& change, Reply<Importance> reply) = 0;
};

// What a scheduler asks for, before the user's code has had its say.
struct OrderDraft {
  std::vector<std::string> builder_names;
  Properties properties;
  std::vector<SourceStamp> sourcestamps;
  std::vector<Change> changes;  // that led to it, oldest first
  int priority = 0;
};

// Of schedulers that compute something: a priority that is a function, renderables in properties or builder names.
class OrderHooks {
 public:
  virtual ~OrderHooks() = default;
  virtual void complete(OrderDraft draft, Reply<OrderDraft> reply) = 0;
};

// Of schedulers that decide in Python and can be triggered.
class TriggerHooks {
 public:
  virtual ~TriggerHooks() = default;
  virtual void trigger(TriggerOrder order, BuildId parent, Reply<Triggered> started, Reply<Results> finished) = 0;
};

struct CodebaseDefaults {
  std::optional<std::string> branch, revision;
  std::string repository, project;
};

struct SchedulerConfig {
  std::string name;
  std::string class_name;  // dotted path
  enum class Kind {
    single_branch,
    any_branch,
    force,
    periodic,
    nightly,
    nightly_triggerable,
    triggerable,
    dependent,
    try_jobdir,
    try_userpass,
    scripted
  } kind = Kind::single_branch;
  std::vector<std::string> builder_names;
  Properties properties;  // source "Scheduler", without renderables
  std::map<std::string, CodebaseDefaults> codebases{{"", {}}};
  int priority = 0;
  std::shared_ptr<OrderHooks> order_hooks;  // when set, asked for each buildset
  std::string reason;  // template with %(classname)s and %(name)s already replaced
  // those that look at changes
  std::optional<std::chrono::milliseconds> tree_stable_timer;
  NativeChangeFilter filter;
  bool only_important = false;
  std::shared_ptr<SchedulerHooks> hooks;  // when set, classify() is asked instead of `filter`
  bool absolute_stamps = false;  // a codebase without a change gets the last revision that was seen of it
  // timed ones
  std::chrono::milliseconds period{0};
  CronTimes times;
  std::optional<CronTimes> forced_times;  // those at which it also builds without important changes
  bool only_if_changed = false;
  // dependent
  std::string upstream;  // a scheduler's name
  // try_jobdir
  std::string jobdir;  // absolute
  // scripted
  std::shared_ptr<TriggerHooks> trigger_hooks;  // null: it cannot be triggered
  // force
  std::string button_name, label;
  JsonArray all_fields;  // as REST gives it
  std::shared_ptr<class ForceForm> form;
};

// A validated force: what becomes a buildset.
struct ForceOrder {
  std::vector<std::string> builder_names;
  std::string reason;
  Properties properties;
  std::vector<SourceStamp> sourcestamps;
  int priority = 0;
};

class ForceForm {
 public:
  virtual ~ForceForm() = default;
  // Errors: bad_input whose `what` is JSON text {field full name: message}.
  virtual void parse(std::string owner, std::vector<std::string> builder_names, JsonObject params,
                     Reply<ForceOrder> reply) = 0;
};

// A new change as a change source, hook or user gives it.
struct ChangeDraft {
  Change change;
  std::string src;
  bool names_codebase = true;
};

// codebaseGenerator and revlink, where they are functions: fills in what the change leaves open.
class ChangeHooks {
 public:
  virtual ~ChangeHooks() = default;
  virtual void complete(ChangeDraft draft, Reply<ChangeDraft> reply) = 0;
};

struct ServiceConfig {
  std::string name;
  std::string class_name;
};

// Somebody who is no worker but logs in with Perspective Broker.
struct PbClient {
  std::string port;  // endpoint text or digits
  std::string user, password;
  std::string scheduler;              // of `try`; empty: it sends changes
  std::optional<std::string> prefix;  // of files' names in changes: others are left out, and it is cut off
};

struct WwwConfig {
  std::optional<std::string> port;  // endpoint text or digits; none: no web server
  JsonObject settings;              // the rest of c['www'] as far as it is plain data
  bool hook_base = false;           // change_hook_dialects has base
  std::vector<std::string> allowed_origins;
  int json_cache_seconds = 0;
  AuthConfig auth;
  std::optional<AuthzConfig> authz;  // none: everything is allowed
  std::chrono::seconds session_life{std::chrono::hours(7 * 24)};
};

// What a new configuration may use when it is tried before a running master takes it (KilnbotConfig).
struct ReloadLimits {
  std::chrono::milliseconds time = std::chrono::seconds(120);
  int memory_mib = 4096;
};

// Of requests whose builds end as RETRY.
struct RetryLimits {
  std::optional<int> count;                 // the build after so many is an exception; none: no limit
  std::chrono::seconds longest_delay{300};  // before the next build
};

struct Config {
  std::string title = "Buildbot", title_url = "https://buildbot.net/", buildbot_url = "http://localhost:8080/";
  std::string db_url = "sqlite:///state.sqlite";
  std::vector<std::string> pb_ports;  // endpoint texts or digits
  std::vector<std::string> msgpack_ports;  // the same
  std::vector<PbClient> pb_clients;        // no name twice on a port
  WwwConfig www;
  Properties properties;  // c['properties'], source "global"
  Collapse collapse = Collapse::rule;
  std::vector<std::shared_ptr<const BuilderConfig>> builders;
  std::vector<std::shared_ptr<const WorkerConfig>> workers;
  std::vector<std::shared_ptr<const SchedulerConfig>> schedulers;
  std::vector<Lock> locks;  // that lists name which are not rendered
  std::vector<ServiceConfig> change_sources;
  std::shared_ptr<ChangeHooks> change_hooks;         // null: nothing to compute
  std::shared_ptr<BuilderOrderHooks> builder_order;  // null: the usual one
  ReloadLimits reload_limits;
  RetryLimits retry_limits;
  std::vector<std::string> warnings;  // for the log and checkconfig
  ObjectRef object;                   // the Python side's own view
};
using ConfigPtr = std::shared_ptr<const Config>;

}  // namespace kiln::script
