// SPDX-License-Identifier: MIT
#include "core/engine/native_shell.h"
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

script::Template interpolate(std::string_view format) {
  script::Template out;
  out.value = script::InterpolateTemplate{script::Interpolation::parse(format).value(), {}};
  return out;
}

// One builder with one step.
struct ShellHost : EngineHost {
  explicit ShellHost(script::NativeShell step) {
    add_worker("w1");
    builder = add_builder("a", {"w1"}, {std::move(step)});
    add_force_scheduler();
  }
  const ScriptedWorker::Command& run_it(JsonObject properties = {}) {
    start();
    worker = connect("w1");
    force("a", std::move(properties));
    REQUIRE(worker->running() != nullptr);
    return *worker->running();
  }
  void end(int rc) {
    worker->finish(rc);
    settle();
  }
  std::string state() const { return steps(1).at(1).state_string; }

  std::shared_ptr<script::BuilderConfig> builder;
  std::shared_ptr<ScriptedWorker> worker;
};

std::string state_after(script::NativeShell step, int rc) {
  ShellHost host(std::move(step));
  host.run_it();
  host.end(rc);
  return host.state();
}

std::string state_after_failure(const std::string& reason) {
  ShellHost host(shell_step("s", "sleep 30"));
  host.run_it().sink->on_update("failure_reason", Json(reason));
  host.end(-1);
  return host.state();
}

}  // namespace

TEST_CASE("a shell step sends what Buildbot sends, in its order") {
  script::NativeShell step = shell_step("s", "make");
  step.env = Json(JsonObject{{"STEP", "1"}, {"BOTH", "step"}});
  step.log_files = Json(JsonObject{{"log", "a.log"}});
  step.max_lines = 5;
  ShellHost host(std::move(step));
  host.builder->env = Json(JsonObject{{"BUILDER", "1"}, {"BOTH", "builder"}});
  const auto& command = host.run_it();

  CHECK(command.name == "shell");
  CHECK(dump_json(command.args) ==
        R"({"workdir":"build","env":{"BUILDER":"1","BOTH":"step","STEP":"1"},"want_stdout":true,"want_stderr":true,)"
        R"("logfiles":{"log":"a.log"},"timeout":1200,"maxTime":null,"max_lines":5,"sigtermTime":null,"usePTY":false,)"
        R"("logEnviron":true,"initial_stdin":null,"interruptSignal":"KILL","command":"make"})");
}

TEST_CASE("renderables of a shell step see the build") {
  script::NativeShell step = shell_step("s", "x");
  script::Template list;
  list.value = script::Template::List{Json("echo"), interpolate("%(prop:p)s-%(prop:buildnumber)s-%(src::branch)s"),
                                      interpolate("%(worker:host)s"), Json(JsonArray{"nested", JsonArray{"deep"}})};
  step.command = list;
  step.workdir = interpolate("dir/%(prop:workername)s");
  step.name = interpolate("step of %(prop:builddir)s");
  ShellHost host(std::move(step));
  const auto& command = host.run_it({{"p", "v"}});

  CHECK(dump_json(command.args.at("command")) == R"(["echo","v-1-main","here","nested","deep"])");
  CHECK(command.args.at("workdir") == Json("dir/w1"));
  CHECK(host.step(1, "step of /w/w1/a").number == 1);
}

TEST_CASE("the command is shown by its first two words") {
  const auto [command, shown] = GENERATE(table<std::string, std::string>({
      {R"("make all")", "make all"},
      {R"("sh")", "sh"},
      {R"("make -j2 all test")", "make -j2 ..."},
      {R"(["sh","-c","exit 1"])", "sh -c ..."},
      {R"("a  b\tc d")", "a b ..."},
      {R"("")", ""},
      {R"([])", ""},
      {R"(["x",["y","z"]])", "x y ..."},
      {R"(["a b","c"])", "a b c"},
      {R"("line1\nline2 x y")", "line1 line2 ..."},
      {R"("   lead sp")", "lead sp"},
      {R"(["a",null])", "a None"},
      {R"(["a",5])", "a 5"},
      {R"(["login",{"__obfuscated__":["secret","XXX"]}])", "login XXX"},
  }));
  CHECK(engine::short_command(parse_json(command).value()) == shown);
}

TEST_CASE("the text of a finished step is upstream's") {
  script::NativeShell step = shell_step("s", "true");
  CHECK(state_after(step, 0) == "'true'");
  CHECK(state_after(step, 3) == "'true' (failure)");
  step.description = Json("doing d");
  CHECK(state_after(step, 0) == "'true'");
  step.description_suffix = Json(JsonArray{"suf", "fix"});
  CHECK(state_after(step, 0) == "'true'");
  step.description_done = Json(JsonArray{"did", "x"});
  CHECK(state_after(step, 0) == "did x suf fix");
  CHECK(state_after(step, 1) == "did x suf fix (failure)");
  step.description_suffix = Json();
  step.description_done = Json("");
  CHECK(state_after(step, 0).empty());
}

TEST_CASE("a step that takes its time shows what it does") {
  script::NativeShell step = shell_step("s", "sleep 2");
  SECTION("with a description") {
    step.description = Json("doing");
    step.description_suffix = Json("x");
    ShellHost host(step);
    host.run_it();
    host.advance(std::chrono::milliseconds(999));
    CHECK(host.state() == "pending");
    host.advance(std::chrono::milliseconds(1));
    CHECK(host.state() == "doing x");
  }
  SECTION("without one") {
    ShellHost host(step);
    host.run_it();
    host.advance(std::chrono::seconds(1));
    CHECK(host.state() == "running");
    CHECK(host.events.count("updated s none: running") == 1);
  }
}

TEST_CASE("limits that were exceeded are named") {
  CHECK(state_after_failure("timeout") == "'sleep 30' (failure) (timed out)");
  CHECK(state_after_failure("timeout_without_output") == "'sleep 30' (failure) (timed out)");
  CHECK(state_after_failure("max_lines_failure") == "'sleep 30' (failure) (max lines)");
}

TEST_CASE("decodeRC says what a return code means") {
  script::NativeShell step = shell_step("s", "x");
  step.decode_rc = {{0, Results::success}, {5, Results::warnings}, {6, Results::skipped}};
  CHECK(state_after(step, 5) == "'x' (warnings)");
  CHECK(state_after(step, 6) == "'x' (skipped)");
  CHECK(state_after(step, 7) == "'x' (failure)");
}

TEST_CASE("a renderable that fails ends the step as exception with the error in its logs") {
  ShellHost host([] {
    script::NativeShell step = shell_step("s", "x");
    step.command = interpolate("%(secret:nope)s");
    return step;
  }());
  host.start();
  host.connect("w1", 0);
  host.force("a");

  CHECK(host.state() == "finished (exception)");
  CHECK(host.build(1).state_string == "exception finished (exception)");
  CHECK(host.log_text(1, "s", "err.text") == "secret 'nope' is not found in any provider\n");
  CHECK(host.logs(host.step(1, "s").id).at(1).type == LogType::html);
}

TEST_CASE("a command that the worker cannot run ends the step as exception") {
  ShellHost host(shell_step("s", "x"));
  host.run_it();
  host.worker->fail("Traceback: <no> such command");
  host.settle();

  CHECK(host.state() == "'x' (exception)");
  CHECK(host.log_text(1, "s", "err.text") == "Traceback: <no> such command\n");
  CHECK(host.log_text(1, "s", "err.html").find("&lt;no&gt;") != std::string::npos);
}

TEST_CASE("log files of a command get logs, lazy ones when they have text") {
  script::NativeShell step = shell_step("s", "x");
  step.log_files = Json(JsonObject{{"a b", "a.log"}, {"never", JsonObject{{"filename", "n"}, {"follow", true}}}});
  step.lazy_log_files = GENERATE(false, true);
  const bool is_lazy = step.lazy_log_files;
  ShellHost host(std::move(step));
  const auto& command = host.run_it();
  CHECK(host.logs(host.step(1, "s").id).size() == (is_lazy ? 1 : 3));

  command.sink->on_log_file("a b", "one\ntw");
  command.sink->on_log_file("a b", "o");
  command.sink->on_log_file("unknown", "dropped\n");
  host.end(0);

  CHECK(host.log_text(1, "s", "a b") == "oone\notwo\n");
  const auto logs = host.logs(host.step(1, "s").id);
  CHECK(logs.size() == (is_lazy ? 2 : 3));
  CHECK(logs[1].slug == "a_b");
  for (const Log& log : logs) CHECK(log.complete);
}

TEST_CASE("a skipped step runs nothing, a hidden one is hidden") {
  script::NativeShell skipped = shell_step("skipped", "x");
  skipped.skip = true;
  script::NativeShell hidden = shell_step("hidden", "true");
  hidden.hidden = true;
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {skipped, hidden});
  host.add_force_scheduler();
  host.start();
  const auto worker = host.connect("w1", 0);
  host.force("a");

  CHECK(host.step(1, "skipped").results == Results::skipped);
  CHECK(host.step(1, "skipped").state_string == "'x' (skipped)");
  CHECK(host.logs(host.step(1, "skipped").id).empty());
  CHECK(host.step(1, "hidden").hidden);
  CHECK(worker->count("start shell") == 1);
  CHECK(host.build(1).state_string == "build successful");
}
