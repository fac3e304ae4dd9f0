// SPDX-License-Identifier: MIT
// What builds and steps do with locks.
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;
using engine::LockReport;
using script::Lock;
using script::LockAccesses;

namespace {

LockAccesses alone(const std::string& name) { return {{{Lock::Kind::master, name, 1, {}}, true, 1}}; }
LockAccesses places(const std::string& name, std::int64_t of, std::int64_t count = 1) {
  return {{{Lock::Kind::master, name, of, {}}, false, count}};
}
LockAccesses of_worker(const std::string& name) { return {{{Lock::Kind::worker, name, 1, {}}, false, 1}}; }

script::NativeShell locked_step(const std::string& name, LockAccesses locks) {
  script::NativeShell step = shell_step(name, name);
  step.locks = std::move(locks);
  return step;
}

struct LockHost : EngineHost {
  LockHost() {
    add_worker("w1");
    add_worker("w2");
  }
  std::shared_ptr<script::BuilderConfig> add(const std::string& name, LockAccesses locks,
                                             std::vector<script::NativeShell> steps, const std::string& worker = "w1") {
    auto builder = add_builder(name, {worker}, std::move(steps));
    builder->locks = std::move(locks);
    return builder;
  }
  void begin() {
    add_force_scheduler();
    start();
    w1 = connect("w1");
    w2 = connect("w2");
  }
  void stop(std::int64_t build, const std::string& reason = "enough") {
    engine->stop_build(BuildId(build), reason, [](Result<void> done) { REQUIRE(done); });
    settle();
  }
  void finish(const std::string& builder, int rc = 0) {
    for (const auto& worker : {w1, w2}) {
      if (const auto* command = worker->running(builder)) {
        worker->finish(command->id, rc);
        settle();
        return;
      }
    }
    FAIL("no command of " << builder);
  }
  // "build/step" of those that have it, "|", the same of those that wait.
  std::string users(const std::string& lock) const {
    std::string text;
    for (const LockReport& report : engine->locks()) {
      if (report.name != lock) continue;
      const auto add = [&text](const LockReport::Use& use) {
        text += std::to_string(use.user.build.value) + "/" + use.user.step + " ";
      };
      for (const LockReport::Use& use : report.holders) add(use);
      text += "| ";
      for (const LockReport::Use& use : report.waiters) add(use);
    }
    return text;
  }
  std::shared_ptr<ScriptedWorker> w1, w2;
};

}  // namespace

TEST_CASE("steps wait for a lock in the order in which they came, and say so") {
  LockHost host;
  for (const char* name : {"a", "b", "c"}) host.add(name, {}, {locked_step("run", alone("disk"))});
  host.begin();
  for (const char* name : {"a", "b", "c"}) host.force(name);

  CHECK(host.users("disk") == "1/run | 2/run 3/run ");
  CHECK(host.step(1, "run").locks_acquired_at);
  CHECK(host.step(2, "run").started_at);
  CHECK_FALSE(host.step(2, "run").locks_acquired_at);
  CHECK(host.step(2, "run").state_string == "pending");
  CHECK(host.logs(host.step(2, "run").id).empty());
  host.advance(5s);
  CHECK(host.step(2, "run").state_string == "'run' (not finished)");
  CHECK(host.build(2).state_string == "building");

  host.finish("a");
  CHECK(host.users("disk") == "2/run | 3/run ");
  CHECK(host.step(2, "run").locks_acquired_at == host.clock.now_s());
  host.advance(2s);
  CHECK(host.step(2, "run").state_string == "running");
  host.finish("b");
  host.finish("c");
  for (int build = 1; build <= 3; ++build) CHECK(host.build(build).results == Results::success);
  CHECK(host.build(1).locks_duration_s == 0);
  CHECK(host.build(2).locks_duration_s == 5);
  CHECK(host.build(3).locks_duration_s == 7);
  CHECK(host.engine->locks().empty());
}

TEST_CASE("steps of one build take the same lock one after the other") {
  LockHost host;
  host.add("a", {}, {locked_step("one", alone("disk")), locked_step("two", alone("disk"))});
  host.add("b", {}, {locked_step("run", alone("disk"))});
  host.begin();
  host.force("a");
  host.force("b");
  host.finish("a");
  CHECK(host.users("disk") == "2/run | 1/two ");
  host.finish("b");
  host.finish("a");
  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("a step that is stopped while it waits leaves the queue at once") {
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("disk"))});
  auto always = shell_step("always", "always");
  always.always_run = true;
  host.add("b", {}, {locked_step("run", alone("disk")), shell_step("never", "never"), always});
  host.add("c", {}, {locked_step("run", alone("disk"))});
  host.begin();
  for (const char* name : {"a", "b", "c"}) host.force(name);

  host.stop(2);
  CHECK(host.users("disk") == "1/run | 3/run ");
  CHECK(host.step(2, "run").results == Results::cancelled);
  CHECK_FALSE(host.step(2, "run").locks_acquired_at);
  CHECK(host.log_text(2, "run", "cancelled while waiting for locks") == "enough\n");
  host.finish("b");  // the step that always runs
  CHECK(host.build(2).results == Results::cancelled);
  CHECK(host.build(2).state_string == "cancelled (enough) 'run' (cancelled)");
  CHECK(host.steps(2).size() == 3);
}

TEST_CASE("a step whose worker is lost while it waits leaves the queue, and its build is tried again") {
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("disk"))});
  host.add("b", {}, {locked_step("run", alone("disk"))}, "w2");
  host.begin();
  host.force("a");
  host.force("b");

  host.w2->lose();
  host.settle();
  CHECK(host.users("disk") == "1/run | ");
  CHECK(host.step(2, "run").results == Results::cancelled);
  CHECK(host.build(2).results == Results::retry);
  CHECK_FALSE(host.request(2).claimed);
}

TEST_CASE("a step that has a lock gives it back when its worker is lost, and when the master shuts down") {
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("disk"))}, "w2");
  host.add("b", {}, {locked_step("run", alone("disk"))});
  host.add("c", {}, {locked_step("run", alone("disk"))});
  host.begin();
  for (const char* name : {"a", "b", "c"}) host.force(name);
  host.w2->lose();
  host.settle();
  CHECK(host.users("disk") == "2/run | 3/run ");

  bool is_over = false;
  host.engine->shutdown([&](Result<void>) { is_over = true; });
  host.advance(20s);
  CHECK(is_over);
  CHECK(host.engine->locks().empty());
}

TEST_CASE("a skipped step takes no lock") {
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("disk"))});
  auto skipped = locked_step("skipped", alone("disk"));
  skipped.skip = true;
  host.add("b", {}, {skipped});
  host.begin();
  host.force("a");
  host.force("b");
  CHECK(host.build(2).results == Results::success);
  CHECK(host.step(2, "skipped").results == Results::skipped);
}

TEST_CASE("a builder's locks keep its requests waiting, and are kept until its build is over") {
  LockHost host;
  host.add("a", alone("board"), {shell_step("one", "one"), shell_step("two", "two")});
  host.add("b", alone("board"), {shell_step("run", "run")}, "w2");
  host.begin();
  host.force("a");
  host.force("b");

  REQUIRE(host.engine->wait_reasons().size() == 1);
  CHECK(host.engine->wait_reasons()[0].text() ==
        "worker \"w2\" waits for lock \"board\" held by build 1 of builder \"a\"");
  CHECK(host.users("board") == "1/ | ");
  host.finish("a");
  CHECK(host.engine->running_builds() == 1);
  host.finish("a");
  CHECK(host.build(1).results == Results::success);
  CHECK(host.users("board") == "2/ | ");
  host.finish("b");
  CHECK(host.build(2).results == Results::success);
}

TEST_CASE("the second step of a build with locks tells of them") {
  LockHost host;
  host.add("a", alone("board"), {shell_step("run", "run")});
  host.begin();
  host.force("a");
  host.finish("a");

  const Step& step = host.step(1, "locks_acquire");
  CHECK(step.number == 1);
  CHECK(step.results == Results::success);
  CHECK(step.state_string == "locks acquired");
  CHECK(step.locks_acquired_at);
  CHECK(host.step(1, "run").number == 2);
  CHECK(host.events.lines({"acquir"}) ==
        std::vector<std::string>{"builds/1/update none: acquiring locks", "steps/2/new locks_acquire none: pending",
                                 "steps/2/started locks_acquire none: pending", "steps/2/updated locks_acquire none: locks acquired",
                                 "steps/2/finished locks_acquire success: locks acquired"});
}

TEST_CASE("several builds of a builder share places") {
  LockHost host;
  auto builder = host.add("a", places("seats", 2), {shell_step("run", "run")});
  builder->worker_names = {"w1", "w2"};
  builder->collapse = script::Collapse::off;
  host.add("b", places("seats", 2), {shell_step("run", "run")});
  host.begin();
  host.force("a");
  host.force("a");
  host.force("b");
  CHECK(host.engine->running_builds() == 2);
  CHECK(host.engine->wait_reasons().size() == 1);
  host.finish("a");
  CHECK(host.engine->running_builds() == 2);
  CHECK(host.engine->wait_reasons().empty());
}

TEST_CASE("a worker's locks let one build after the other on it, and others go elsewhere") {
  LockHost host;
  for (const auto& worker : host.config->workers) {
    const_cast<script::WorkerConfig&>(*worker).locks = of_worker("machine");
  }
  host.add("a", {}, {shell_step("run", "run")});
  host.add("b", {}, {shell_step("run", "run")})->worker_names = {"w1", "w2"};
  host.add("c", {}, {shell_step("run", "run")});
  host.begin();
  host.force("a");
  host.force("b");
  host.force("c");
  CHECK(host.engine->running_builds() == 2);
  CHECK(host.w2->running("b") != nullptr);
  CHECK(host.engine->wait_reasons()[0].text() ==
        "worker \"w1\" waits for lock \"machine\" held by build 1 of builder \"a\"");
  host.finish("a");
  CHECK(host.w1->running("c") != nullptr);
  CHECK(host.steps(3).size() == 2);  // such locks have no step of their own
}

TEST_CASE("a step cannot take what its builder takes") {
  LockHost host;
  auto always = shell_step("always", "always");
  always.always_run = true;
  host.add("a", places("board", 5), {locked_step("run", places("board", 5)), shell_step("next", "next"), always});
  host.begin();
  host.force("a");
  host.finish("a");
  CHECK(host.build(1).results == Results::exception);
  CHECK(host.step(1, "run").results == Results::exception);
  CHECK(host.log_text(1, "run", "err.text") ==
        "the step takes lock \"board\", which its builder takes, too: only one of them can\n");
  CHECK(host.steps(1).size() == 4);
  CHECK(host.engine->locks().empty());
}

TEST_CASE("locks that a renderable makes are waited for in the build") {
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("board"))});
  auto step = std::make_shared<ScriptedStep>("python");
  auto builder = host.add_builder("b", {"w2"}, {});
  use_scripted_steps(*builder, {step})->locks = alone("board");
  host.begin();
  host.force("a");
  host.force("b");

  CHECK(host.users("board") == "1/run | 2/ ");
  CHECK(host.build(2).state_string == "acquiring locks");
  CHECK(host.step(2, "locks_acquire").state_string == "pending");
  CHECK_FALSE(host.step(2, "locks_acquire").locks_acquired_at);
  host.advance(4s);
  host.finish("a");
  CHECK(host.build(2).results == Results::success);
  CHECK(host.build(2).locks_duration_s == 4);
  CHECK(host.step(2, "locks_acquire").state_string == "locks acquired");
}

TEST_CASE("a build that is stopped or lost while it waits for its locks ends without them") {
  const bool is_lost = GENERATE(false, true);
  LockHost host;
  host.add("a", {}, {locked_step("run", alone("board"))});
  auto step = std::make_shared<ScriptedStep>("python");
  auto always = std::make_shared<ScriptedStep>("always");
  always->runs_always = true;
  auto builder = host.add_builder("b", {"w2"}, {});
  use_scripted_steps(*builder, {step, always})->locks = alone("board");
  host.begin();
  host.force("a");
  host.force("b");

  if (is_lost) {
    host.w2->lose();
    host.settle();
  } else {
    host.stop(2);
  }
  CHECK(host.users("board") == "1/run | ");
  CHECK(host.build(2).results == (is_lost ? Results::retry : Results::cancelled));
  CHECK(host.steps(2).size() == (is_lost ? 2 : 3));
  CHECK(step->calls.empty());
  if (!is_lost) CHECK(host.step(2, "always").results == Results::success);
}

TEST_CASE("builds that wait for each other: who came last begins again, the other goes on") {
  LockHost host;
  auto step = [](const std::string& name, LockAccesses locks) {
    auto made = std::make_shared<ScriptedStep>(name);
    made->locks = std::move(locks);
    return made;
  };
  auto first = std::make_shared<ScriptedStep>("first");
  Reply<script::StepOutcome> go_on;
  first->on_run = [&](ScriptedStep&, Reply<script::StepOutcome> reply) { go_on = std::move(reply); };
  auto a = host.add("a", alone("one"), {});
  auto a_maker = use_scripted_steps(*a, {first, step("second", alone("two"))});
  auto b = host.add("b", alone("two"), {}, "w2");
  auto b_maker = use_scripted_steps(*b, {step("third", alone("one"))});
  host.begin();
  host.force("a");
  host.force("b");
  CHECK(host.users("one") == "1/ | 2/third ");

  go_on(script::StepOutcome{});
  host.settle();
  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(1).state_string.find("builds wait for each other's locks: build 1") != std::string::npos);
  CHECK(host.build(2).results == Results::success);
  CHECK(host.engine->running_builds() == 1);  // the first one again, now without the other
  go_on(script::StepOutcome{});
  host.settle();
  CHECK(host.build(3).results == Results::success);
}

TEST_CASE("a step that waits for what its own build has of its worker is an exception") {
  LockHost host;
  const_cast<script::WorkerConfig&>(*host.config->workers[0]).locks = of_worker("machine");
  host.add("a", {}, {locked_step("run", of_worker("machine"))});
  host.begin();
  host.force("a");
  CHECK(host.build(1).results == Results::exception);
  CHECK(host.step(1, "run").results == Results::exception);
}

TEST_CASE("a running build keeps its locks when they have fewer places, or are gone") {
  LockHost host;
  auto builder = host.add("a", places("seats", 2), {shell_step("run", "run")});
  builder->worker_names = {"w1", "w2"};
  builder->collapse = script::Collapse::off;
  host.config->locks = {{Lock::Kind::master, "seats", 2, {}}};
  host.begin();
  host.force("a");
  host.force("a");
  CHECK(host.engine->running_builds() == 2);

  auto fewer = std::make_shared<script::BuilderConfig>(*builder);
  fewer->locks = places("seats", 1);
  host.config->builders[0] = fewer;
  host.config->locks = {{Lock::Kind::master, "seats", 1, {}}};
  host.apply();
  host.force("a");
  CHECK(host.users("seats") == "1/ 2/ | ");
  host.finish("a");
  CHECK(host.engine->running_builds() == 1);  // one place, and it is taken
  host.finish("a");
  CHECK(host.users("seats") == "3/ | ");

  auto none = std::make_shared<script::BuilderConfig>(*builder);
  none->locks = {};
  host.config->builders[0] = none;
  host.apply();
  host.force("a");
  CHECK(host.engine->running_builds() == 2);
  host.finish("a");
  host.finish("a");
  CHECK(host.engine->running_builds() == 0);
  CHECK(host.engine->locks().empty());
}

TEST_CASE("a request that is cancelled while its build is claimed gives the locks back") {
  LockHost host;
  host.add("a", alone("board"), {shell_step("run", "run")});
  host.begin();
  host.journal.hold(true);
  host.engine->force("force", "me", {"a"}, {}, [](const auto&) {});
  host.settle();
  host.journal.hold(false);
  while (host.engine->running_builds() == 0) REQUIRE((host.journal.commit_one() || host.clock.run_one()));
  CHECK(host.users("board") == "0/ | ");
  host.engine->cancel_request(RequestId(1), "no need", [](const auto&) {});
  host.settle();
  CHECK(host.engine->locks().empty());
  CHECK(host.request(1).results == static_cast<int>(Results::cancelled));
}
