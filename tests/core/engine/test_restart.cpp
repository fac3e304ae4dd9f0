// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct RestartHost : EngineHost {
  RestartHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("one", "x"), shell_step("two", "x")});
    add_builder("b", {"w1"}, {shell_step("one", "x")});
    add_force_scheduler();
    add_change_scheduler("s", {"a", "b"});
    start();
  }
  void connect_quick() {
    worker = connect("w1", 0);
  }
  bool shut_down() {
    bool done = false;
    engine->shutdown([&](Result<void>) { done = true; });
    settle();
    return done;
  }
  std::shared_ptr<ScriptedWorker> worker;
};

}  // namespace

TEST_CASE("requests that waited when the master was killed are built after the restart") {
  RestartHost host;
  host.force("a", {{"p", "kept"}});

  host.restart();
  host.connect_quick();
  host.settle();

  CHECK(host.build(1).results == Results::success);
  CHECK(host.journal.builds.at(BuildId(1)).properties.find("p")->value == Json("kept"));
  CHECK(host.journal.buildsets.at(BuildsetId(1)).complete);
}

TEST_CASE("a build that ran when the master was killed is built again, wherever it was") {
  RestartHost host;
  host.connect_quick();
  host.journal.hold(true);
  host.journal.let_through(static_cast<std::size_t>(GENERATE(range(1, 9))));
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult>) {});
  host.settle();
  host.journal.hold(false);

  host.restart();
  host.connect_quick();
  host.settle();

  for (const auto& [id, row] : host.journal.requests) {
    CHECK(row.request.complete);
    CHECK(row.completions == 1);
  }
  for (const auto& [id, row] : host.journal.buildsets) CHECK(row.complete);
  for (const auto& [id, row] : host.journal.builds) CHECK(row.build.complete);
}

TEST_CASE("a buildset that was half complete at the restart keeps the worse of its results") {
  RestartHost host;
  host.worker = host.connect("w1");
  host.change("r1");
  host.worker->finish(host.worker->running("b")->id, 1);
  host.settle();
  REQUIRE(host.request(2).results == static_cast<int>(Results::failure));

  host.restart();
  host.connect_quick();
  host.settle();

  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == static_cast<int>(Results::failure));
}

TEST_CASE("a buildset whose requests all were complete is completed at the start") {
  RestartHost host;
  host.force("a");
  host.journal.requests.at(RequestId(1)).request.complete = true;
  host.journal.requests.at(RequestId(1)).request.results = 2;

  host.restart();

  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == static_cast<int>(Results::failure));
}

TEST_CASE("requests from before the restart still collapse") {
  RestartHost host;
  host.force("a");
  host.restart();
  host.force("a");

  CHECK(host.request(1).results == static_cast<int>(Results::skipped));
}

TEST_CASE("shutting down an idle engine replies and closes the workers") {
  RestartHost host;
  host.connect_quick();

  CHECK(host.shut_down());
  CHECK_FALSE(host.worker->is_connected);
  CHECK(host.journal.workers.at(WorkerId(1)).connected_to.empty());
  CHECK(host.events.count("builders/1/stopped a") == 1);
}

TEST_CASE("shutting down ends running builds as retry, so that they are built again") {
  RestartHost host;
  host.worker = host.connect("w1");
  host.force("a");

  CHECK(host.shut_down());
  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(1).complete);
  CHECK_FALSE(host.request(1).claimed);
  host.restart();
  host.connect_quick();
  host.settle();
  CHECK(host.build(2).results == Results::success);
}

TEST_CASE("a worker that ignores interrupts is cut off at the shutdown") {
  RestartHost host;
  host.worker = host.connect("w1");
  host.worker->heeds_interrupts = false;
  host.force("a");

  bool done = false;
  host.engine->shutdown([&](Result<void>) { done = true; });
  host.advance(4s);
  CHECK_FALSE(done);
  host.advance(1s);

  CHECK(done);
  CHECK(host.build(1).results == Results::retry);
}

TEST_CASE("nothing is started while the engine shuts down, and a second shutdown is answered too") {
  RestartHost host;
  host.worker = host.connect("w1");
  host.worker->heeds_interrupts = false;
  host.force("a");
  int replies = 0;
  host.engine->shutdown([&](Result<void>) { ++replies; });
  host.engine->shutdown([&](Result<void>) { ++replies; });
  host.settle();
  host.force("b");
  CHECK(host.engine->wait_reasons()[0].text() == "the master is shutting down");
  CHECK(host.engine->workers().password("w1") == std::nullopt);
  host.advance(5s);

  CHECK(replies == 2);
  CHECK(host.journal.builds.size() == 1);
}
