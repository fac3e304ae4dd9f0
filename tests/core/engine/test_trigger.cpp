// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

using Kind = script::SchedulerConfig::Kind;

// Builder "parent" has one step, which asks scheduler "t" for a build of "child" and waits for it.
struct TriggerHost : EngineHost {
  TriggerHost() {
    worker_config = add_worker("w1");
    const auto parent = add_builder("parent", {"w1"}, {});
    maker = use_scripted_steps(*parent, {step});
    add_builder("child", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
    add_force_scheduler();
    triggerable = add_change_scheduler("t", {"child"});
    triggerable->kind = Kind::triggerable;
    triggerable->class_name = "buildbot.schedulers.triggerable.Triggerable";
    order.scheduler = "t";
    order.waited_for = true;
    order.parent_relationship = "Triggered from";
    step->on_run = [this](ScriptedStep& self, Reply<script::StepOutcome> reply) {
      self.host->trigger(
          order, [this](Result<script::Triggered> result) { started = std::move(result); },
          [this, reply = std::move(reply)](const Result<Results>& results) {
            finished = results;
            reply(script::StepOutcome{results ? *results : Results::exception, std::nullopt});
          });
    };
  }

  std::shared_ptr<ScriptedStep> step = std::make_shared<ScriptedStep>("trigger");
  std::shared_ptr<ScriptedMaker> maker;
  std::shared_ptr<script::WorkerConfig> worker_config;
  std::shared_ptr<script::SchedulerConfig> triggerable;
  script::TriggerOrder order;
  std::optional<Result<script::Triggered>> started;
  std::optional<Result<Results>> finished;
};

}  // namespace

TEST_CASE("a triggered buildset knows its parent, and its results come when it is complete") {
  TriggerHost host;
  host.triggerable->properties.set("own", 1, "Scheduler");
  host.triggerable->properties.set("both", "scheduler", "Scheduler");
  host.triggerable->priority = 4;
  host.order.properties.set("set", 2, "Trigger");
  host.order.properties.set("both", "trigger", "Trigger");
  host.start();
  host.connect("w1", 1);  // commands end with 1
  host.force("parent");

  const Buildset& child = host.journal.buildsets.at(BuildsetId(2));
  CHECK(child.parent_buildid == BuildId(1));
  CHECK(child.parent_relationship == "Triggered from");
  CHECK(host.request(2).waited_for);
  CHECK(host.request(2).priority == 4);
  const Properties& properties = host.journal.buildset_properties.at(BuildsetId(2));
  CHECK(properties.find("set")->source == "Trigger");
  CHECK(properties.find("both")->value == Json("scheduler"));
  CHECK(properties.find("own")->value == Json(1));
  CHECK(properties.find("scheduler")->value == Json("t"));
  CHECK(host.started->value().requests.front().second == RequestId(2));
  CHECK(host.finished->value() == Results::failure);
  CHECK(host.build(1).results == Results::failure);
}

TEST_CASE("source stamps of an order fill in the scheduler's defaults") {
  TriggerHost host;
  host.triggerable->codebases = {{"app", {"B", "1", "R", "P"}}, {"lib", {"L", std::nullopt, "RL", ""}}};
  script::StampOrder stamp;
  stamp.codebase = "app";
  stamp.branch = "dev";
  stamp.revision.emplace(std::nullopt);
  script::StampOrder unknown;
  unknown.codebase = "other";
  host.order.sourcestamps = {stamp, unknown};
  host.start();
  host.connect("w1", 0);
  host.force("parent");

  const auto& stamps = host.journal.buildsets.at(BuildsetId(2)).sourcestamps;
  REQUIRE(stamps.size() == 3);
  CHECK(stamps[0].branch == "dev");
  CHECK(stamps[0].revision == std::nullopt);
  CHECK(stamps[0].repository == "R");
  CHECK(stamps[0].project == "P");
  CHECK(stamps[1].branch == "L");
  CHECK(stamps[2].codebase == "other");
}

TEST_CASE("a property named reason is the buildset's reason") {
  TriggerHost host;
  host.order.properties.set("reason", "of my own", "Trigger");
  host.start();
  host.connect("w1", 0);
  host.force("parent");
  CHECK(host.journal.buildsets.at(BuildsetId(2)).reason == "of my own");
}

TEST_CASE("only schedulers that can be triggered are") {
  TriggerHost host;
  host.order.scheduler = GENERATE("nobody", "force");
  host.start();
  host.connect("w1", 0);
  host.force("parent");

  CHECK(host.started->error().code == Errc::not_found);
  CHECK(host.finished->error().code == Errc::not_found);
  CHECK(host.journal.buildsets.size() == 1);
}

TEST_CASE("a buildset for no builder is complete as soon as it is triggered") {
  TriggerHost host;
  host.triggerable->builder_names.clear();
  host.start();
  host.connect("w1", 0);
  host.force("parent");
  CHECK(host.started->value().requests.empty());
  CHECK(host.finished->value() == Results::success);
}

TEST_CASE("a parent that waits on the only place of a worker can be stopped, and others are built meanwhile") {
  TriggerHost host;
  host.worker_config->max_builds = 1;
  host.add_worker("w2");
  host.add_builder("other", {"w2"}, {shell_step("run", "x")});
  const auto force = std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers.front());
  force->builder_names.emplace_back("other");
  host.start();
  host.connect("w1", 0);
  host.connect("w2", 0);
  host.force("parent");
  host.advance(1h);
  REQUIRE_FALSE(host.build(1).complete);
  host.force("other");
  CHECK(host.build(2).results == Results::success);
  CHECK(host.request(2).claimed == false);

  host.step->on_interrupt = [&](ScriptedStep&, const std::string&) {
    host.engine->cancel_request(RequestId(2), "parent build was interrupted", [](Result<void> done) { CHECK(done); });
  };
  host.engine->stop_build(BuildId(1), "enough", [](Result<void> done) { CHECK(done); });
  host.settle();

  CHECK(host.finished->value() == Results::cancelled);
  CHECK(host.build(1).results == Results::cancelled);
  CHECK(*host.request(2).results == static_cast<int>(Results::cancelled));
}

TEST_CASE("a step that has ended cannot trigger any more") {
  TriggerHost host;
  host.step->on_run = [&](ScriptedStep&, Reply<script::StepOutcome> reply) { reply(script::StepOutcome{}); };
  host.step->on_finish = [&](ScriptedStep& self, Results results, Reply<script::StepEnd> reply) {
    reply(ScriptedStep::end(results));
    self.host->trigger(
        host.order, [&](Result<script::Triggered> result) { host.started = std::move(result); },
        [&](const Result<Results>& results_of) { host.finished = results_of; });
  };
  host.start();
  host.connect("w1", 0);
  host.force("parent");
  CHECK(host.started->error().code == Errc::cancelled);
  CHECK(host.finished->error().code == Errc::cancelled);
}

TEST_CASE("a nightly triggerable scheduler builds the last order at its time, also after a restart") {
  TriggerHost host;
  host.triggerable->kind = Kind::nightly_triggerable;
  host.triggerable->class_name = "buildbot.schedulers.timed.NightlyTriggerable";
  host.triggerable->times.minutes.set(0);
  host.triggerable->times.hours.set();
  host.triggerable->times.days.set();
  host.triggerable->times.months.set();
  host.triggerable->times.weekdays.set();
  host.order.properties.set("n", 1, "Trigger");
  script::StampOrder stamp;
  stamp.revision = "r7";
  host.order.sourcestamps = {stamp};
  host.start();
  host.connect("w1", 0);
  host.force("parent");
  CHECK(host.finished->value() == Results::success);
  host.order.properties.set("n", 2, "Trigger");
  host.force("parent");
  REQUIRE(host.journal.buildsets.size() == 2);

  host.restart();
  host.advance(1h);
  REQUIRE(host.journal.buildsets.size() == 3);
  const Buildset& built = host.journal.buildsets.at(BuildsetId(3));
  CHECK(built.sourcestamps[0].revision == "r7");
  CHECK(built.parent_buildid == BuildId(2));
  CHECK(host.journal.buildset_properties.at(BuildsetId(3)).find("n")->value == Json(2));
  CHECK_FALSE(host.request(3).waited_for);
  host.advance(2h);
  CHECK(host.journal.buildsets.size() == 3);
}

namespace {

struct DependentHost : EngineHost {
  DependentHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
    add_builder("b", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
    add_change_scheduler("up", {"a"});
    const auto scheduler = add_change_scheduler("down", {"b"});
    scheduler->kind = Kind::dependent;
    scheduler->upstream = "up";
    scheduler->reason = "downstream";
    scheduler->class_name = "buildbot.schedulers.dependent.Dependent";
  }
  Json pending() const {
    return journal.states.at({"down", "buildbot.schedulers.dependent.Dependent", "upstream_bsids"});
  }
};

}  // namespace

TEST_CASE("a dependent scheduler builds the source of what has succeeded, and nothing else") {
  DependentHost host;
  const int rc = GENERATE(0, 1);
  host.start();
  host.change("r1");
  CHECK(host.pending() == Json(JsonArray{1}));
  host.connect("w1", rc);

  CHECK(host.pending() == Json(JsonArray{}));
  REQUIRE(host.journal.buildsets.size() == (rc == 0 ? 2 : 1));
  if (rc != 0) return;
  const Buildset& down = host.journal.buildsets.at(BuildsetId(2));
  CHECK(down.reason == "downstream");
  CHECK(down.sourcestamps[0].id == host.journal.buildsets.at(BuildsetId(1)).sourcestamps[0].id);
  CHECK(down.complete);
}

TEST_CASE("a dependent scheduler forgets nothing over a restart") {
  DependentHost host;
  host.start();
  host.change("r1");

  SECTION("complete after it") {
    host.restart();
    host.connect("w1", 0);
  }
  SECTION("complete before, but not followed yet") {
    host.journal.buildsets.at(BuildsetId(1)).complete = true;
    host.journal.buildsets.at(BuildsetId(1)).results = 0;
    host.journal.requests.at(RequestId(1)).request.complete = true;
    host.restart();
  }
  REQUIRE(host.journal.buildsets.size() == 2);
  CHECK(host.journal.buildsets.at(BuildsetId(2)).reason == "downstream");
  CHECK(host.pending() == Json(JsonArray{}));
}
