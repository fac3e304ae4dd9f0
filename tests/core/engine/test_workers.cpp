// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct WorkerHost : EngineHost {
  WorkerHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("run", "x")});
    add_force_scheduler();
  }
  void stop_worker(bool graceful) {
    engine->stop_worker(WorkerId(1), graceful, [](Result<void> done) { REQUIRE(done); });
    settle();
  }
};

script::NativeShell raising_step() {
  script::NativeShell step = shell_step("run", "x");
  step.decode_rc = {{0, Results::success}, {9, Results::exception}};
  return step;
}

}  // namespace

TEST_CASE("the gate knows the configured workers only") {
  WorkerHost host;
  host.start();
  const engine::WorkerGate& gate = host.engine->workers();

  CHECK(gate.password("w1") == "pw-w1");
  CHECK(gate.password("nobody") == std::nullopt);
  CHECK(gate.builders("w1") == std::vector<engine::BuilderDir>{{"a", "a"}});
  CHECK(gate.builders("nobody").empty());
  CHECK(gate.attached("w1") == nullptr);
}

TEST_CASE("connecting and losing a worker is stored and announced") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  CHECK(host.engine->workers().attached("w1") == worker);
  const Worker& row = host.journal.workers.at(WorkerId(1));
  CHECK(row.connected_to == std::vector{MasterId(1)});
  CHECK(row.workerinfo.at("version") == Json("4.3.0"));
  CHECK(row.workerinfo.at("access_uri").is_null());

  worker->lose();
  host.settle();
  CHECK(row.connected_to.empty());
  CHECK(host.engine->workers().attached("w1") == nullptr);
  CHECK(host.events.lines({"workers"}) == std::vector<std::string>{"workers/1/connected connected",
                                                                   "workers/1/state_updated connected",
                                                                   "workers/1/disconnected"});
}

TEST_CASE("a second connection of a worker takes the place of the first, whose builds retry") {
  WorkerHost host;
  host.start();
  const auto first = host.connect("w1");
  host.force("a");

  const auto second = host.connect("w1", 0);

  CHECK(first->count("close another connection took its place") == 1);
  CHECK(host.engine->workers().attached("w1") == second);
  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(2).results == Results::success);
}

TEST_CASE("a worker that is not configured any more is sent away") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.config->workers.clear();
  host.apply();

  CHECK_FALSE(worker->is_connected);
  CHECK(host.engine->workers().password("w1") == std::nullopt);
}

TEST_CASE("a reconfiguration tells the worker its new builders, which then can be built") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  CHECK(worker->count("set_builders") == 0);

  host.add_builder("b", {"w1"}, {shell_step("run", "x")});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("b");
  host.apply();

  CHECK(worker->builder_dirs == std::vector<engine::BuilderDir>{{"a", "a"}, {"b", "b"}});
  host.force("b");
  CHECK(worker->running("b") != nullptr);
  CHECK(host.events.count("builders/2/started b") == 1);
}

TEST_CASE("a build goes on with its own configuration when its builder goes before the build's row is stored") {
  WorkerHost host;
  host.start();
  host.connect("w1", 0);
  host.journal.hold(true);
  host.journal.let_through(GENERATE(1, 2));  // the buildset; the claim
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  host.settle();
  host.config->builders.clear();
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.clear();
  host.engine->apply_config(host.config, [](Result<void> done) { REQUIRE(done); });
  host.journal.hold(false);
  host.settle();

  REQUIRE(host.journal.builds.size() == 1);
  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("a worker keeps a builder that is gone, or has another directory, until its build ends") {
  using Dirs = std::vector<engine::BuilderDir>;
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  const auto scheduler = std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0]);
  host.force("a");
  host.add_builder("b", {"w1"}, {shell_step("run", "x")});
  const auto before = host.config->builders[0];

  SECTION("gone") {
    host.config->builders.erase(host.config->builders.begin());
    scheduler->builder_names = {"b"};
    host.apply();
    CHECK(worker->builder_dirs == Dirs{{"b", "b"}, {"a", "a"}});
    worker->finish(0);
    host.settle();
    CHECK(worker->builder_dirs == Dirs{{"b", "b"}});
  }

  SECTION("another directory") {
    auto moved = std::make_shared<script::BuilderConfig>(*before);
    moved->worker_builddir = "elsewhere";
    host.config->builders[0] = moved;
    scheduler->builder_names.emplace_back("b");
    host.apply();
    CHECK(worker->builder_dirs == Dirs{{"a", "a"}, {"b", "b"}});
    host.force("b");
    worker->finish(0);
    host.settle();
    CHECK(worker->builder_dirs == Dirs{{"a", "elsewhere"}, {"b", "b"}});
  }

  CHECK(host.events.count("builds/1/finished success: build successful") == 1);
}

TEST_CASE("a builder is not built on a worker that has not taken it yet") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  worker->answers_set_builders = false;
  host.add_builder("b", {"w1"}, {shell_step("run", "x")});
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names.emplace_back("b");
  host.apply();

  host.force("b");
  CHECK(host.engine->running_builds() == 0);
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" does not know the builder yet");
  host.force("a");
  CHECK(host.engine->running_builds() == 1);
}

TEST_CASE("a running build keeps the configuration it began with") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("a");
  auto changed = std::make_shared<script::BuilderConfig>(*host.config->builders[0]);
  changed->steps.clear();
  host.config->builders[0] = changed;
  host.apply();
  worker->finish(0);
  host.settle();
  host.force("a");

  CHECK(host.steps(1).size() == 2);
  CHECK(host.steps(2).size() == 1);
  CHECK(host.build(2).state_string == "build successful");
}

TEST_CASE("a graceful shutdown lets the running build end and takes no other") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("a");
  host.stop_worker(true);
  CHECK(worker->count("shutdown") == 0);
  host.force("a");
  worker->finish(0);
  host.settle();

  CHECK(host.build(1).results == Results::success);
  CHECK(worker->count("shutdown") == 1);
  CHECK_FALSE(worker->is_connected);
  CHECK(host.engine->running_builds() == 0);
  // Connecting again ends the wish.
  host.connect("w1");
  CHECK_FALSE(host.journal.workers.at(WorkerId(1)).graceful);
  CHECK(host.engine->running_builds() == 1);
}

TEST_CASE("a worker that asks for a graceful shutdown gets it at once when idle") {
  WorkerHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.engine->workers().shutdown_requested("w1");
  host.settle();

  CHECK(worker->count("shutdown") == 1);
}

TEST_CASE("killing a worker makes its build retry") {
  WorkerHost host;
  host.start();
  host.connect("w1");
  host.force("a");
  host.stop_worker(false);

  CHECK(host.build(1).results == Results::retry);
}

TEST_CASE("controls of an unknown worker are refused") {
  WorkerHost host;
  host.start();
  std::vector<Errc> codes;
  const auto note = [&](Result<void> done) { codes.push_back(done.error().code); };
  host.engine->pause_worker(WorkerId(77), true, "", note);
  host.engine->stop_worker(WorkerId(77), true, note);
  host.engine->enable_scheduler(SchedulerId(77), true, note);

  CHECK(codes == std::vector(3, Errc::not_found));
}

TEST_CASE("builds that end as exception quarantine the worker, longer each time, until one ends well") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {raising_step()});
  host.add_force_scheduler();
  host.start();
  const auto worker = host.connect("w1");
  int rc = 9;
  worker->on_command = [&](const ScriptedWorker::Command& command) { worker->finish(command.id, rc); };
  host.force("a");
  REQUIRE(host.build(1).results == Results::exception);

  const auto built_after = [&](std::chrono::seconds wait) {
    const std::size_t before = host.journal.builds.size();
    host.force("a");
    host.advance(wait - 1ms);
    const bool too_early = host.journal.builds.size() > before;
    host.advance(1ms);
    return !too_early && host.journal.builds.size() == before + 1;
  };
  CHECK(built_after(10s));
  CHECK(built_after(20s));
  rc = 0;
  CHECK(built_after(40s));
  rc = 9;
  host.force("a");
  CHECK(built_after(10s));
}

TEST_CASE("unpausing ends a quarantine") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {raising_step()});
  host.add_force_scheduler();
  host.start();
  const auto worker = host.connect("w1");
  worker->finish_all_with(9);
  host.force("a");
  host.force("a");
  REQUIRE(host.journal.builds.size() == 1);

  host.engine->pause_worker(WorkerId(1), false, "", [](Result<void> done) { REQUIRE(done); });
  host.settle();

  CHECK(host.journal.builds.size() == 2);
}

TEST_CASE("the state of a worker survives a restart") {
  WorkerHost host;
  host.start();
  host.engine->pause_worker(WorkerId(1), true, "later", [](Result<void> done) { REQUIRE(done); });
  host.settle();
  host.restart();
  host.connect("w1");
  host.force("a");

  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" is paused: later");
}
