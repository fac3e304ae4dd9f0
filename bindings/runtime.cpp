// SPDX-License-Identifier: MIT
#include "bindings/runtime.h"

#include <pybind11/eval.h>

#include <optional>
#include <utility>

#include "bindings/call.h"
#include "bindings/config_reader.h"
#include "bindings/interpreter.h"
#include "bindings/master_binding.h"
#include "bindings/policy.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using namespace script;

// Runs a function on a thread of its own. Python and not C++, with a daemon thread: one that hangs neither keeps the
// process alive, nor unwinds through C++ when it is ended at exit.
constexpr const char* in_thread_source = R"(
import asyncio, threading

async def in_thread(function, *args):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def run():
        try:
            value, error = function(*args), None
        except BaseException as raised:
            value, error = None, raised
        loop.call_soon_threadsafe(tell, value, error)

    def tell(value, error):
        if answer.cancelled():
            return
        if error is None:
            answer.set_result(value)
        else:
            answer.set_exception(error)

    threading.Thread(target=run, name='load', daemon=True).start()
    return await answer
)";

std::vector<ConfigProblem> to_problems(const py::object& list) {
  std::vector<ConfigProblem> problems;
  for (const py::handle item : list) {
    const auto parts = py::cast<py::sequence>(item);
    const py::object file = parts[0], line = parts[1], object = parts[2], what = parts[3];
    problems.push_back({to_optional_text(file).value_or(""), line.is_none() ? 0 : line.cast<int>(),
                        to_optional_text(object).value_or(""), to_text(what)});
  }
  return problems;
}

LoadOutcome to_outcome(Policy& policy, const py::object& result,
                       ConfigPtr (*reader)(Policy&, const py::object&) = read_config) {
  LoadOutcome outcome;
  outcome.problems = to_problems(result.attr("problems"));
  if (const py::object view = result.attr("config"); !view.is_none()) outcome.config = reader(policy, view);
  return outcome;
}

LoadOutcome failed_load(const std::filesystem::path& file, const Error& error) {
  return {nullptr, {{file.string(), 0, "", error.what}}};
}

class PythonRuntime final : public Runtime {
 public:
  PythonRuntime(std::unique_ptr<Interpreter> interpreter, const RuntimeOptions& options, std::filesystem::path program)
      : program_(std::move(program)),
        python_(options.python),
        serves_(options.serves),
        interpreter_(std::move(interpreter)) {
    const py::gil_scoped_acquire gil;
    policy_.emplace();
    if (options.serves) policy_function("redirect_output")();
  }
  ~PythonRuntime() override {
    const py::gil_scoped_acquire gil;
    take_master_away();
    if (has_checked_) policy_function("end_process")();
    if (has_checked_ || policy_->has_threads_left()) interpreter_->leave_running();
    policy_.reset();
  }
  PythonRuntime(const PythonRuntime&) = delete;
  PythonRuntime& operator=(const PythonRuntime&) = delete;

  LoadOutcome load(const std::filesystem::path& file, const std::filesystem::path& basedir) override {
    const py::gil_scoped_acquire gil;
    try {
      policy_function("use_loop")(policy_->loop());
      const py::str path = to_str(file.string()), folder = to_str(basedir.string());
      if (!serves_) {
        has_checked_ = true;
        return to_outcome(*policy_, policy_function("load")(path, folder), try_to_read_config);
      }
      LoadOutcome outcome = to_outcome(*policy_, policy_function("load_to_use")(path, folder, policy_->loop()));
      // What is alive now stays: the collector need not look at it again with every new generation.
      py::module_::import("gc").attr("freeze")();
      return outcome;
    } catch (const py::error_already_set& raised) {
      return failed_load(file, script_error(raised));
    } catch (const py::builtin_exception& thrown) {
      return failed_load(file, script_error(as_raised(thrown)));
    }
  }

  void load_later(std::filesystem::path file, std::filesystem::path basedir, Reply<LoadOutcome> reply) override {
    ask<LoadOutcome>(
        *policy_, std::move(reply),
        [&policy = *policy_, file = file.string(), basedir = basedir.string()] {
          py::dict scope;
          py::exec(in_thread_source, scope);
          return py::object(
              scope["in_thread"](policy_function("load_to_use"), to_str(file), to_str(basedir), policy.loop()));
        },
        [&policy = *policy_](const py::object& result) { return to_outcome(policy, result); });
  }

  void attach(MasterHost& host) override {
    policy_->loop_queue()->attach(host);
    const py::gil_scoped_acquire gil;
    give_master(*policy_, host);
  }

  void activate(ConfigPtr config, Reply<> reply) override {
    ask<void>(
        *policy_, std::move(reply),
        [config = std::move(config)] { return py::object(policy_function("activate")(held(config->object))); },
        [](const py::object&) { return Result<void>(); },
        [](const py::error_already_set& raised) {
          const py::object failed = py::module_::import("buildbot_cfg._services").attr("ServicesFailed");
          if (!raised.matches(failed)) return script_error(raised);
          return make_error(Errc::script, to_text(py::str(raised.value())));
        });
  }

  void deactivate(Reply<> reply) override {
    ask<void>(
        *policy_, std::move(reply), [] { return py::object(policy_function("deactivate")()); },
        [](const py::object&) { return Result<void>(); });
  }

  void child_ended() override {
    policy_->post([] { policy_function("child_ended")(); });
  }

  void run() override { policy_->run(); }
  void quit() override { policy_->quit(); }

  Result<Json> read_tac(const std::filesystem::path& file) override {
    const py::gil_scoped_acquire gil;
    try {
      const py::module_ tac = py::module_::import("buildbot_cfg._tac");
      try {
        return to_json(tac.attr("read")(to_str(file.string())));
      } catch (const py::error_already_set& raised) {
        if (!raised.matches(tac.attr("TacError"))) throw;
        return make_error(Errc::bad_input, to_text(py::str(raised.value())));
      }
    } catch (const py::error_already_set& raised) {
      return script_error(raised);
    }
  }

  std::vector<std::string> own_command() const override {
    const py::gil_scoped_acquire gil;
    const std::string python = to_optional_text(py::module_::import("sys").attr("executable")).value_or("");
    std::error_code ignored;
    if (!python.empty() && std::filesystem::equivalent(python, "/proc/self/exe", ignored)) {
      // Not -m: that would look for modules in the working directory first.
      return {python, "-c",
              "import sys; sys.path[:] = filter(None, sys.path); "
              "from buildbot_cfg.__main__ import main; sys.exit(main())"};
    }
    std::vector<std::string> command{program_.string()};
    if (!python_.empty()) command.insert(command.end(), {"--python", python_});
    return command;
  }

  int run_script(const std::vector<std::string>& args) override {
    const py::gil_scoped_acquire gil;
    try {
      // A script is the whole program: Ctrl-C is for it.
      const py::module_ signal = py::module_::import("signal");
      signal.attr("signal")(signal.attr("SIGINT"), signal.attr("default_int_handler"));
      py::list argv;
      for (const std::string& arg : args) argv.append(to_str(arg));
      return policy_function("run_script")(argv).cast<int>();
    } catch (py::error_already_set& raised) {
      raised.restore();
      PyErr_Print();
      return 1;
    }
  }

 private:
  const std::filesystem::path program_;
  const std::string python_;  // --python
  const bool serves_;         // it is a master's: what it loads is used, else only checked
  bool has_checked_ = false;  // nothing is left to do but to end: all the objects of a large file need not be taken apart
  std::unique_ptr<Interpreter> interpreter_;  // ends last
  std::optional<Policy> policy_;
};

}  // namespace

Result<std::unique_ptr<Runtime>> make_runtime(const RuntimeOptions& options, const std::filesystem::path& program) {
  auto interpreter = Interpreter::start(options.python, program);
  if (!interpreter) return interpreter.error();
  return std::make_unique<PythonRuntime>(*std::move(interpreter), options, program);
}

}  // namespace kiln::bindings
