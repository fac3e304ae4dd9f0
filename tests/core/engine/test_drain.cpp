// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct DrainHost : EngineHost {
  DrainHost() {
    add_worker("w1");
    add_worker("w2");
    add_builder("parent", {"w1"}, {shell_step("run", "x")});
    add_builder("child", {"w2"}, {shell_step("run", "x")});
    add_force_scheduler();
  }
  void drain() {
    engine->drain([this](const Result<void>& done) { answers.push_back(done ? "drained" : done.error().what); });
    settle();
  }
  // A request of "child" that build `parent` waits for.
  void order_child(BuildId parent) {
    force("child");
    auto& [id, row] = *journal.requests.rbegin();
    row.request.waited_for = true;
    journal.buildsets.at(row.request.buildsetid).parent_buildid = parent;
    restart();
  }
  std::vector<std::string> answers;
};

}  // namespace

TEST_CASE("a drain waits for the running build and starts no other") {
  DrainHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("parent");
  host.drain();
  host.force("parent");
  CHECK(host.answers.empty());
  CHECK(host.engine->running_builds() == 1);

  worker->finish(0);
  host.settle();

  CHECK(host.answers == std::vector<std::string>{"drained"});
  CHECK(host.build(1).results == Results::success);
  CHECK(host.journal.builds.size() == 1);
  REQUIRE(host.engine->wait_reasons().size() == 1);
  CHECK(host.engine->wait_reasons()[0].text() == "the master finishes its builds before it stops");
  CHECK(host.engine->broken_invariant().empty());
}

TEST_CASE("a drain of an idle master is over at once") {
  DrainHost host;
  host.start();

  host.drain();

  CHECK(host.answers == std::vector<std::string>{"drained"});
}

TEST_CASE("a build that is waited for starts while the master drains, as long as its parent runs") {
  DrainHost host;
  host.start();
  host.order_child(BuildId(1));
  const auto worker = host.connect("w1");
  host.force("parent");
  REQUIRE(host.build(1).builderid == host.engine->builder_id("parent"));
  host.drain();

  const auto other = host.connect("w2", 0);
  host.settle();

  CHECK(host.build(2).results == Results::success);
  CHECK(host.answers.empty());
  worker->finish(0);
  host.settle();
  CHECK(host.answers == std::vector<std::string>{"drained"});
}

TEST_CASE("a build whose parent does not run is not started while the master drains") {
  DrainHost host;
  host.start();
  host.order_child(BuildId(77));
  const auto worker = host.connect("w1");
  host.force("parent");
  host.drain();

  const auto other = host.connect("w2", 0);
  host.settle();

  CHECK(host.journal.builds.size() == 1);
}

TEST_CASE("a drain that is called off lets everything go on") {
  DrainHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("parent");
  host.drain();
  host.drain();
  host.force("child");
  const auto other = host.connect("w2", 0);
  host.settle();
  REQUIRE(host.journal.builds.size() == 1);

  CHECK(host.engine->cancel_drain());
  host.settle();

  CHECK(host.answers == std::vector<std::string>(2, "the clean shutdown was called off"));
  CHECK(host.build(2).results == Results::success);
  worker->finish(0);
  host.settle();
  CHECK(host.build(1).results == Results::success);
  CHECK_FALSE(host.engine->cancel_drain());
}

TEST_CASE("a shutdown ends a drain without waiting for its builds") {
  DrainHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("parent");
  host.drain();

  bool is_down = false;
  host.engine->shutdown([&](const Result<void>&) { is_down = true; });
  host.settle();

  CHECK(is_down);
  CHECK(host.build(1).results == Results::retry);
  CHECK_FALSE(host.engine->cancel_drain());
}

TEST_CASE("a jump of the wall clock runs no timer and makes no negative time") {
  const auto jump = GENERATE(-5h, 5h);
  DrainHost host;
  auto scheduler = host.add_change_scheduler("stable", {"parent"});
  scheduler->tree_stable_timer = 10s;
  host.start();
  const auto worker = host.connect("w2");
  host.force("child");
  host.change("r1");

  host.clock.jump(jump);
  host.advance(5s);
  CHECK(host.journal.buildsets.size() == 1);
  worker->finish(0);
  host.advance(5s);

  CHECK(host.journal.buildsets.size() == 2);
  const Build& build = host.build(1);
  CHECK(build.complete_at.value() >= build.started_at);
  for (const Step& step : host.steps(1)) CHECK(step.complete_at.value() >= step.started_at.value());
  CHECK(host.request(1).complete_at.value() >= host.request(1).submitted_at);
}
