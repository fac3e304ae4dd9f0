// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

script::NativeShell always_step(const std::string& name) {
  script::NativeShell step = shell_step(name, "true");
  step.always_run = true;
  return step;
}

struct StopHost : EngineHost {
  StopHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("slow", "sleep 100"), shell_step("never", "true"), always_step("always")});
    add_force_scheduler();
  }
  void begin() {
    start();
    worker = connect("w1");
  }
  void stop(const std::string& reason = "enough") {
    engine->stop_build(BuildId(1), reason, [](Result<void> done) { REQUIRE(done); });
    settle();
  }
  std::vector<std::string> step_names() const {
    std::vector<std::string> names;
    for (const Step& step : steps(1)) names.push_back(step.name);
    return names;
  }
  std::shared_ptr<ScriptedWorker> worker;
};

}  // namespace

TEST_CASE("stopping a build interrupts its command, runs only always-run steps and ends as cancelled") {
  StopHost host;
  host.begin();
  host.force("a");
  host.worker->finish_all_with(0);

  host.stop();

  CHECK(host.build(1).results == Results::cancelled);
  CHECK(host.build(1).state_string == "cancelled (enough) 'sleep 100' (cancelled)");
  CHECK(host.step_names() == std::vector<std::string>{"worker_preparation", "slow", "always"});
  CHECK(host.step(1, "slow").results == Results::cancelled);
  CHECK(host.step(1, "always").results == Results::success);
  CHECK(host.log_text(1, "slow", "cancelled") == "enough\n");
  CHECK(host.request(1).results == static_cast<int>(Results::cancelled));
  CHECK(host.worker->count("interrupt enough") == 1);
}

TEST_CASE("stopping while the worker is being prepared goes on to the always-run steps") {
  StopHost host;
  host.begin();
  host.worker->answers_pings = false;
  host.force("a");
  host.worker->finish_all_with(0);
  host.stop();
  CHECK_FALSE(host.build(1).complete);

  host.advance(10s);

  CHECK(host.build(1).results == Results::cancelled);
  CHECK(host.build(1).state_string == "cancelled (enough)");
  CHECK(host.step(1, "worker_preparation").state_string == "error while worker_ping");
}

TEST_CASE("a stop that comes before the build's row is stored takes effect after it") {
  StopHost host;
  host.begin();
  host.journal.hold(true);
  host.journal.let_through(GENERATE(2, 3));  // the buildset; the claim
  host.force("a");
  host.engine->cancel_request(RequestId(1), "early", [](Result<void> done) { REQUIRE(done); });
  host.journal.hold(false);
  host.worker->finish_all_with(0);
  host.settle();

  CHECK(host.request(1).results == static_cast<int>(Results::cancelled));
  CHECK(host.worker->running() == nullptr);
  CHECK(host.engine->running_builds() == 0);
}

TEST_CASE("a stop while a finished step is being stored skips the next step") {
  StopHost host;
  host.begin();
  host.force("a");
  host.worker->finish_all_with(0);
  host.journal.hold(true);
  host.worker->finish(0);
  host.settle();

  host.stop();
  host.journal.hold(false);
  host.settle();

  CHECK(host.step(1, "slow").results == Results::success);
  CHECK(host.step(1, "never").results == Results::cancelled);
  CHECK(host.worker->count("start shell") == 2);  // slow and always
  CHECK(host.build(1).results == Results::cancelled);
}

TEST_CASE("stopping a finished or unknown build is no error") {
  StopHost host;
  host.begin();
  host.stop();
  host.worker->finish_all_with(0);
  host.force("a");
  host.stop();

  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("a build that is stopped twice tells the last reason") {
  StopHost host;
  host.begin();
  host.worker->heeds_interrupts = false;
  host.force("a");
  host.stop("first");
  host.stop("second");
  host.worker->finish_all_with(0);
  host.worker->finish(-1);
  host.settle();

  CHECK(host.build(1).state_string == "cancelled (second) 'sleep 100' (cancelled)");
  CHECK(host.worker->count("interrupt second") == 0);
}

TEST_CASE("a command that its worker cannot interrupt makes its step an exception") {
  StopHost host;
  host.begin();
  host.worker->heeds_interrupts = false;
  host.force("a");
  host.stop();
  host.worker->fail("SIGKILL failed to kill process");
  host.worker->finish_all_with(0);
  host.settle();

  CHECK(host.step(1, "slow").results == Results::exception);
  CHECK(host.log_text(1, "slow", "err.text") == "SIGKILL failed to kill process\n");
  CHECK(host.build(1).results == Results::cancelled);
}

TEST_CASE("a worker that ignores the interrupt is asked again and then given up") {
  StopHost host;
  host.begin();
  host.worker->heeds_interrupts = false;
  host.force("a");
  const std::size_t before = host.worker->count("interrupt enough");
  host.stop();
  host.advance(29s);
  CHECK(host.worker->count("interrupt enough") == before + 1);
  host.advance(1s);
  CHECK(host.worker->count("interrupt enough") == before + 2);
  CHECK_FALSE(host.step(1, "slow").complete);
  host.worker->finish_all_with(0);
  host.advance(15s);

  CHECK(host.step(1, "slow").results == Results::cancelled);
  CHECK(host.step(1, "always").results == Results::success);
  CHECK(host.build(1).results == Results::cancelled);
  // What the command says after it was given up is nobody's.
  host.worker->running()->output("late\n");
  host.worker->finish(0);
  host.settle();
}

TEST_CASE("a step with a long sigtermTime gets that time to end") {
  StopHost host;
  script::NativeShell patient = shell_step("patient", "sleep");
  patient.sigterm_time = 100;
  host.add_builder("b", {"w1"}, {patient});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("b");
  host.begin();
  host.worker->heeds_interrupts = false;
  host.force("b");
  host.stop();

  host.advance(129s);
  CHECK(host.worker->count("interrupt enough") == 1);
  host.advance(1s);
  CHECK(host.worker->count("interrupt enough") == 2);
}

TEST_CASE("losing the connection while a command runs ends the build with retry and builds the request again") {
  StopHost host;
  host.begin();
  host.force("a");
  host.events.clear();

  host.worker->lose();
  host.settle();

  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(1).state_string == "retry lost connection 'sleep 100' (retry)");
  CHECK(host.step(1, "slow").results == Results::retry);
  CHECK(host.steps(1).size() == 2);
  CHECK_FALSE(host.request(1).claimed);
  CHECK(host.events.count("buildrequests/1/unclaimed -1") == 1);
  CHECK(host.events.count("workers/1/disconnected") == 1);

  host.connect("w1", 0);
  CHECK(host.build(2).buildrequestid == RequestId(1));
  CHECK(host.build(2).results == Results::success);
  CHECK(host.request(1).results == 0);
  CHECK(host.journal.requests.at(RequestId(1)).completions == 1);
}

TEST_CASE("losing the connection at any unit of work leaves nothing unfinished and the request is built again") {
  StopHost host;
  host.begin();
  host.journal.hold(true);
  host.journal.let_through(static_cast<std::size_t>(GENERATE(range(2, 12))));
  host.worker->finish_all_with(0);
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  host.settle();

  host.worker->lose();
  host.journal.hold(false);
  host.settle();
  for (const auto& [id, row] : host.journal.builds) CHECK(row.build.complete);
  for (const auto& [id, step] : host.journal.steps) CHECK(step.complete);

  host.connect("w1", 0);
  host.advance(10s);  // a worker that was lost in the preparation is quarantined
  CHECK(host.request(1).complete);
  CHECK(host.request(1).results == 0);
  CHECK(host.journal.requests.at(RequestId(1)).completions == 1);
}

TEST_CASE("a stop at any unit of work ends the build and completes its request once") {
  StopHost host;
  host.begin();
  host.journal.hold(true);
  host.journal.let_through(static_cast<std::size_t>(GENERATE(range(4, 12))));
  host.worker->finish_all_with(0);
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  host.settle();

  host.stop();
  host.journal.hold(false);
  host.settle();

  CHECK(host.build(1).complete);
  for (const auto& [id, step] : host.journal.steps) CHECK(step.complete);
  CHECK(host.journal.requests.at(RequestId(1)).completions == 1);
  CHECK(host.engine->running_builds() == 0);
}

TEST_CASE("a worker that does not answer the ping makes the build retry and is quarantined") {
  StopHost host;
  host.begin();
  host.worker->answers_pings = false;
  host.force("a");
  host.advance(60s);

  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(1).state_string == "worker not pinged");
  CHECK(host.step(1, "worker_preparation").state_string == "error while worker_ping");
  CHECK(host.step(1, "worker_preparation").results == Results::exception);
  CHECK(host.logs(host.step(1, "worker_preparation").id).size() == 2);
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" is quarantined after an exception");

  host.worker->answers_pings = true;
  host.advance(10s);
  CHECK(host.journal.builds.size() == 2);
}

TEST_CASE("a worker that refuses to start a build makes it retry") {
  StopHost host;
  host.begin();
  host.worker->refuses_builds = true;
  host.force("a");

  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(1).state_string == "worker not building");
}

TEST_CASE("a Python step that hangs is given up when its build is stopped, and may still answer later") {
  StopHost host;
  const auto step = std::make_shared<ScriptedStep>("hangs");
  Reply<script::StepOutcome> late;
  step->on_run = [&](ScriptedStep&, Reply<script::StepOutcome> reply) { late = std::move(reply); };
  const auto maker = use_scripted_steps(*host.add_builder("p", {"w1"}, {}), {step});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("p");
  host.begin();
  host.force("p");
  host.stop();
  CHECK(step->calls.back() == "interrupt enough");
  host.advance(45s);

  CHECK(host.step(1, "hangs").results == Results::cancelled);
  CHECK(host.build(1).results == Results::cancelled);
  CHECK(maker->closed == std::vector{Results::cancelled});
  step->host->append_log(LogId(1), 'o', "too late\n");  // the host is there until finish() has replied
  std::exchange(late, nullptr)(script::StepOutcome{});
  host.settle();
  CHECK(step->calls.back() == "finish cancelled");
}

TEST_CASE("a Python step that hangs while it prepares or finishes is given up too") {
  StopHost host;
  const bool in_prepare = GENERATE(true, false);
  const auto step = std::make_shared<ScriptedStep>("hangs");
  if (in_prepare) {
    step->on_prepare = [](ScriptedStep&, Reply<script::PreparedStep>) {};
  } else {
    step->on_finish = [](ScriptedStep&, Results, Reply<script::StepEnd>) {};
  }
  use_scripted_steps(*host.add_builder("p", {"w1"}, {}), {step});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("p");
  host.begin();
  host.force("p");
  host.stop();
  host.advance(45s);

  CHECK(host.step(1, "hangs").results == Results::cancelled);
  CHECK(host.build(1).results == Results::cancelled);
}

TEST_CASE("a Python step that is stopped but claims success ends as exception") {
  StopHost host;
  const auto step = std::make_shared<ScriptedStep>("stubborn");
  Reply<script::StepOutcome> held;
  step->on_run = [&](ScriptedStep&, Reply<script::StepOutcome> reply) { held = std::move(reply); };
  step->on_interrupt = [&](ScriptedStep&, const std::string&) { std::exchange(held, nullptr)(script::StepOutcome{}); };
  use_scripted_steps(*host.add_builder("p", {"w1"}, {}), {step});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("p");
  host.begin();
  host.force("p");
  host.stop("why");

  CHECK(host.step(1, "stubborn").results == Results::exception);
  CHECK(host.build(1).state_string == "cancelled (why) finished (exception)");
}

TEST_CASE("a build that is stopped before it has a row does not wait for a worker that is silent") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {shell_step("run", "x")});
  host.add_force_scheduler();
  host.start();
  host.connect("w1")->answers_pings = false;
  host.journal.hold(true);
  host.journal.let_through(2);  // the request and its claim
  host.engine->force("force", "me", {"a"}, {}, [](const auto&) {});
  host.settle();
  REQUIRE(host.request(1).claimed);
  REQUIRE(host.journal.builds.empty());

  host.engine->cancel_request(RequestId(1), "enough", [](Result<void> done) { REQUIRE(done); });
  host.journal.hold(false);
  host.settle();
  CHECK(host.engine->running_builds() == 1);
  host.advance(11s);
  CHECK(host.engine->running_builds() == 0);
  CHECK(host.request(1).complete);
}
