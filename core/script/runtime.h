// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/entities.h"
#include "core/model/result_spec.h"
#include "core/script/config.h"
#include "core/script/step.h"

namespace kiln::script {

// A buildset that user code asks for.
struct BuildsetDraft {
  std::string scheduler;
  Buildset row;  // ids, times and results are ignored; source stamps are found by their values
  Properties properties;
  std::vector<BuilderId> builders;
  bool waited_for = false;
  int priority = 0;
};

// Gets routing key and JSON of an event, on the loop thread.
using OnEvent = std::function<void(const std::string& key, const std::shared_ptr<const std::string>& body)>;

// What Python may ask of the running master. Thread-safe: called on the policy thread; replies come on the loop thread.
class MasterHost {
 public:
  virtual ~MasterHost() = default;
  virtual void post_to_loop(std::function<void()> work) = 0;
  // `path` as in REST without the leading slash ("builds/7/steps"). The answer is the JSON list of rows, or the row of
  // an endpoint that gives one, null when there is no such row.
  virtual void data_get(std::string path, ResultSpec spec, Reply<Json> reply) = 0;
  virtual void control(std::string path, std::string method, JsonObject params, Reply<Json> reply) = 0;
  virtual void add_change(ChangeDraft draft, Reply<ChangeId> reply) = 0;
  // Null when it was never set.
  virtual void get_state(std::string object, std::string class_name, std::string key, Reply<Json> reply) = 0;
  virtual void set_state(std::string object, std::string class_name, std::string key, Json value, Reply<> reply) = 0;
  // The id of the object in the database, made when missing.
  virtual void object_id(std::string object, std::string class_name, Reply<std::int64_t> reply) = 0;
  // [value]; [] when it was never set.
  virtual void get_object_state(std::int64_t object, std::string key, Reply<Json> reply) = 0;
  // False: it was to be new and was set already.
  virtual void set_object_state(std::int64_t object, std::string key, Json value, bool only_when_new,
                                Reply<bool> reply) = 0;
  // Events whose routing key fits `pattern` (elements joined by '/', `*` stands for any one), from the reply on. The
  // reply is what stop_consuming takes.
  virtual void consume(std::string pattern, OnEvent on_event, Reply<std::int64_t> reply) = 0;
  virtual void stop_consuming(std::int64_t consumer) = 0;
  // Replies when it is announced. Errors: not_found (builder).
  virtual void add_buildset(BuildsetDraft draft, Reply<Triggered> reply) = 0;
  // In the database: a running build goes on with what it has. Replies after the commit.
  virtual void set_build_property(BuildId build, Property property, Reply<> reply) = 0;
  // User code has written to the database: reads again what the engine keeps of requests that wait.
  virtual void reload(Reply<> reply) = 0;
};

struct ConfigProblem {
  std::string file;
  int line = 0;        // 0: unknown
  std::string object;  // `builder "x"`, or empty
  std::string what;
};
std::string to_text(const ConfigProblem& problem);

struct LoadOutcome {
  ConfigPtr config;  // null when there are problems
  std::vector<ConfigProblem> problems;
};

// The embedded Python of one process. Made and run on the main thread, which is the policy thread.
class Runtime {
 public:
  virtual ~Runtime() = default;

  // The values of a buildbot.tac, which is read, never executed: basedir, configfile, umask, rotateLength,
  // maxRotatedFiles as far as it sets them. Errors: bad_input naming file:line.
  virtual Result<Json> read_tac(const std::filesystem::path& file) = 0;
  // Runs a configuration file on the calling (main) thread, before run().
  virtual LoadOutcome load(const std::filesystem::path& file, const std::filesystem::path& basedir) = 0;
  // The same on a user thread while run() is active; replies on the loop thread.
  virtual void load_later(std::filesystem::path file, std::filesystem::path basedir, Reply<LoadOutcome> reply) = 0;
  // Gives Python its master; before run().
  virtual void attach(MasterHost& host) = 0;
  // Starts, keeps, reconfigures or stops the services (change sources ...) so that they are those of `config`. From any
  // thread; replies on the loop thread. Errors: script with the services that do not run; all others do.
  virtual void activate(ConfigPtr config, Reply<> reply) = 0;
  // Stops all services. From any thread; replies on the loop thread.
  virtual void deactivate(Reply<> reply) = 0;
  // SIGCHLD has come. From any thread.
  virtual void child_ended() = 0;
  // The policy loop: returns after quit().
  virtual void run() = 0;
  virtual void quit() = 0;  // from any thread

  // The command line that runs this program again, with the same Python and without a verb. Its first word is only the
  // name: the file to execute is /proc/self/exe.
  virtual std::vector<std::string> own_command() const = 0;

  // `kilnbot python SCRIPT ARGS...`: the process's exit status.
  virtual int run_script(const std::vector<std::string>& args) = 0;
};

struct RuntimeOptions {
  std::string python;  // --python; empty: found by $VIRTUAL_ENV or pyvenv.cfg beside the executable
  bool serves = false;  // a master uses what it loads, and its log gets what Python code prints
};
using RuntimeFactory = std::function<Result<std::unique_ptr<Runtime>>(const RuntimeOptions&)>;

}  // namespace kiln::script
