// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

// A build of one step that does what the test says.
struct OneStep : EngineHost {
  explicit OneStep(std::function<void(ScriptedStep&, Reply<script::StepOutcome>)> run) {
    step->on_run = std::move(run);
    add_worker("w1");
    use_scripted_steps(*add_builder("a", {"w1"}, {}), {step});
    add_force_scheduler();
    start();
    worker = connect("w1");
    force("a");
    settle();
  }
  std::shared_ptr<ScriptedStep> step = std::make_shared<ScriptedStep>("first");
  std::shared_ptr<ScriptedWorker> worker;
};

TestResultSet set_of(std::string category) {
  TestResultSet set;
  set.description = "unit tests of hush-hush";
  set.category = std::move(category);
  set.value_unit = "boolean";
  return set;
}

TestResult named(std::string name, std::string value) {
  TestResult result;
  result.test_name = std::move(name);
  result.value = std::move(value);
  return result;
}

}  // namespace

TEST_CASE("a set of test results is announced, filled and completed in order, without secrets") {
  OneStep host([](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->use_secret("key", "hush-hush");
    step.host->add_test_result_set(set_of("pass_fail"), [&step, reply](const Result<std::int64_t>& id) {
      REQUIRE(id);
      step.host->add_test_results(*id, {named("one", "1"), named("hush-hush", "no hush-hush")});
      step.host->complete_test_result_set(*id, 1, 0, [reply](const Result<void>& done) {
        CHECK(done);
        reply(script::StepOutcome{});
      });
    });
  });

  REQUIRE(host.journal.test_result_sets.size() == 1);
  const TestResultSet& row = host.journal.test_result_sets.begin()->second;
  CHECK(row.stepid == host.EngineHost::step(1, "first").id);
  CHECK(row.description == "unit tests of <key>");
  CHECK(row.complete);
  const auto& results = host.journal.test_results.at(row.id);
  REQUIRE(results.size() == 2);
  CHECK(results[1].test_name == "<key>");
  CHECK(results[1].value == "no <key>");
  CHECK(host.events.count("test_result_sets/1/new none") == 1);
  CHECK(host.events.count("test_result_sets/1/completed 1 0") == 1);
  CHECK(host.journal.problems.empty());
}

TEST_CASE("data of a build is kept byte by byte") {
  const std::string bytes("\0\xff", 2);
  OneStep host([&](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->set_build_data("name", bytes, "source", [reply](const Result<void>& done) {
      CHECK(done);
      reply(script::StepOutcome{});
    });
  });
  CHECK(host.journal.build_data.at({BuildId(1), "name"}) == std::pair(bytes, std::string("source")));
}

TEST_CASE("user code adds buildsets of builders that there are") {
  OneStep host([](ScriptedStep&, Reply<script::StepOutcome> reply) { reply(script::StepOutcome{}); });
  const BuilderId builder = host.engine->builder_id("a");
  std::optional<engine::ForceResult> added;
  std::optional<Errc> refused;
  host.post([&] {
    script::BuildsetDraft draft;
    draft.scheduler = "mine";
    draft.row.reason = "because";
    draft.row.sourcestamps.emplace_back();
    draft.properties.set("p", Json(1), "Mine");
    draft.priority = 3;
    draft.builders = {builder};
    host.engine->add_buildset(draft, [&](Result<engine::ForceResult> made) { added = *made; });
    draft.builders.push_back(BuilderId(99));
    host.engine->add_buildset(draft, [&](Result<engine::ForceResult> made) { refused = made.error().code; });
  });
  host.settle();
  REQUIRE(added);
  REQUIRE(added->requests.size() == 1);
  CHECK(host.journal.requests.at(added->requests[0].second).request.priority == 3);
  CHECK(host.build(2).results == Results::success);
  CHECK(refused == Errc::not_found);
}

TEST_CASE("a request that waits is built with the properties that somebody else has written") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {});
  host.add_force_scheduler();
  host.start();
  const BuildsetId set = host.force("a").buildset;
  host.settle();
  Properties changed;
  changed.set("clean", Json(true), "Collapse");
  host.post([&] { host.engine->replace_properties(set, changed); });
  host.settle();
  host.connect("w1");
  host.settle();
  const Property* property = host.journal.builds.at(BuildId(1)).properties.find("clean");
  REQUIRE(property != nullptr);
  CHECK(property->source == "Collapse");
}
