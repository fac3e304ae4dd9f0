// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

// Commands run until the test ends them.
std::vector<std::string> running_builders(const EngineHost& host) {
  std::vector<std::string> names;
  for (const auto& [id, row] : host.journal.builds) {
    if (!row.build.complete) names.push_back(*host.engine->builder_name(row.build.builderid));
  }
  return names;
}

void add_builders(EngineHost& host, const std::vector<std::string>& names, const std::vector<std::string>& workers) {
  for (const std::string& name : names) host.add_builder(name, workers, {shell_step("run", "sleep")});
  host.add_force_scheduler();
}

std::shared_ptr<script::SchedulerConfig> add_urgent_scheduler(EngineHost& host, const std::string& builder,
                                                              int priority) {
  auto scheduler = host.add_change_scheduler("s-" + builder, {builder});
  scheduler->priority = priority;
  return scheduler;
}

}  // namespace

TEST_CASE("a request waits until a worker connects") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"b1"}, {"w1"});
  host.start();

  host.force("b1");
  REQUIRE(host.engine->wait_reasons().size() == 1);
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" is not connected");

  host.connect("w1");
  CHECK(host.engine->wait_reasons().empty());
  CHECK(host.engine->running_builds() == 1);
}

TEST_CASE("a worker builds each builder once at a time, other builders beside it") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"a", "b"}, {"w1"});
  host.add_builder("off", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
  host.start();
  const auto worker = host.connect("w1");

  host.force("a");
  host.force("a");
  host.force("b");

  CHECK(running_builders(host) == std::vector<std::string>{"a", "b"});
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" is building this builder");
  worker->finish(0);
  host.settle();
  CHECK(running_builders(host) == std::vector<std::string>{"b", "a"});
}

TEST_CASE("max_builds bounds a worker") {
  EngineHost host;
  host.add_worker("w1")->max_builds = 1;
  add_builders(host, {"a", "b"}, {"w1"});
  host.start();
  const auto worker = host.connect("w1");

  host.force("a");
  host.force("b");
  CHECK(running_builders(host) == std::vector<std::string>{"a"});
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" has its max_builds");

  worker->finish(0);
  host.settle();
  CHECK(running_builders(host) == std::vector<std::string>{"b"});
}

TEST_CASE("the least busy worker gets the build") {
  EngineHost host;
  host.add_worker("w1");
  host.add_worker("w2");
  host.add_builder("only-w1", {"w1"}, {shell_step("run", "x")});
  add_builders(host, {"both"}, {"w1", "w2"});
  host.start();
  host.connect("w1");
  const auto second = host.connect("w2");

  host.force("only-w1");
  host.force("both");

  CHECK(second->running("both") != nullptr);
}

TEST_CASE("builders with more urgent requests come first, then those with older ones") {
  EngineHost host;
  host.add_worker("w1")->max_builds = 1;
  add_builders(host, {"old", "new", "urgent"}, {"w1"});
  add_urgent_scheduler(host, "urgent", 7);
  host.start();

  host.force("old");
  host.clock.advance_to_next(std::chrono::seconds(5));
  host.force("new");
  host.change("r1");
  const auto worker = host.connect("w1");

  CHECK(running_builders(host) == std::vector<std::string>{"urgent"});
  worker->finish(0);
  host.settle();
  CHECK(running_builders(host) == std::vector<std::string>{"old"});
  worker->finish(0);
  host.settle();
  CHECK(running_builders(host) == std::vector<std::string>{"new"});
}

TEST_CASE("of a builder's requests the most urgent one is built first, then the oldest") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"a"}, {"w1"});
  std::const_pointer_cast<script::BuilderConfig>(host.config->builders[0])->collapse = script::Collapse::off;
  add_urgent_scheduler(host, "a", 1);
  host.start();
  host.force("a");
  host.force("a");
  host.change("r1");  // request 3, priority 1
  const auto worker = host.connect("w1");

  std::vector<RequestId> order;
  for (int i = 1; i <= 3; ++i) {
    order.push_back(host.build(i).buildrequestid);
    worker->finish(0);
    host.settle();
  }

  CHECK(order == std::vector{RequestId(3), RequestId(1), RequestId(2)});
}

TEST_CASE("a paused worker gets nothing until it is unpaused") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"a"}, {"w1"});
  host.start();
  host.connect("w1");
  host.engine->pause_worker(WorkerId(1), true, "maintenance", [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.journal.workers.at(WorkerId(1)).pause_reason == "maintenance");

  host.force("a");
  CHECK(host.engine->running_builds() == 0);
  CHECK(host.engine->wait_reasons()[0].text() == "worker \"w1\" is paused: maintenance");

  host.engine->pause_worker(WorkerId(1), false, "", [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.engine->running_builds() == 1);
  CHECK(host.events.lines({"workers/1"}) ==
        std::vector<std::string>{"workers/1/connected connected", "workers/1/state_updated connected",
                                 "workers/1/state_updated connected paused", "workers/1/state_updated connected"});
}

TEST_CASE("while the database cannot be written nothing is claimed and controls are refused") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"a"}, {"w1"});
  host.start();
  host.connect("w1");
  host.journal.set_failing(true);
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  host.settle();

  Errc refused{};
  host.engine->force("force", "me", {"a"}, {}, [&](Result<engine::ForceResult> done) { refused = done.error().code; });
  CHECK(refused == Errc::storage_full);
  CHECK(host.engine->running_builds() == 0);

  host.journal.set_failing(false);
  host.settle();
  CHECK(host.engine->running_builds() == 1);
}

TEST_CASE("a thousand changes wait in memory while the database cannot be written, further ones are refused") {
  EngineHost host;
  host.start();
  host.journal.set_failing(true);
  int stored = 0;
  std::vector<Errc> refused;
  for (int i = 0; i < 1002; ++i) {
    host.engine->add_change({}, [&](Result<ChangeId> done) {
      if (done) return void(++stored);
      refused.push_back(done.error().code);
    });
    if (i == 0) host.settle();
  }
  CHECK(refused == std::vector{Errc::storage_full, Errc::storage_full});
  CHECK(stored == 0);

  host.journal.set_failing(false);
  host.settle();
  CHECK(stored == 1000);
}

TEST_CASE("a request of a builder that is not configured waits and says so") {
  EngineHost host;
  host.add_worker("w1");
  add_builders(host, {"a", "b"}, {"w1"});
  host.start();
  host.force("a");

  host.config->builders.erase(host.config->builders.begin());
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[0])->builder_names = {"b"};
  host.apply();
  host.connect("w1");

  CHECK(host.engine->wait_reasons()[0].text() == "builder \"a\" is not configured");
  CHECK(host.events.count("builders/1/stopped a") == 1);
}

TEST_CASE("a new priority moves a request that waits, and is kept over a restart") {
  EngineHost host;
  host.add_worker("w1")->max_builds = 1;
  add_builders(host, {"a", "b", "c"}, {"w1"});
  host.start();
  host.force("a");
  host.force("b");
  host.force("c");

  host.engine->set_priority(RequestId(3), 5, [](Result<void> done) { REQUIRE(done); });
  host.engine->set_priority(RequestId(99), 5, [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.events.count("buildrequests/3/update") == 1);
  CHECK(host.request(3).priority == 5);
  if (GENERATE(false, true)) host.restart();
  host.connect("w1", 0);
  host.settle();

  const auto built = [&](std::int64_t build) { return host.build(build).buildrequestid.value; };
  CHECK(std::vector{built(1), built(2), built(3)} == std::vector<std::int64_t>{3, 1, 2});
}

TEST_CASE("a queue is the same after a restart: the most urgent first, then the oldest") {
  EngineHost host;
  host.add_worker("w1")->max_builds = 1;
  for (const char* name : {"a", "b"}) {
    host.add_builder(name, {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
  }
  host.add_force_scheduler();
  host.start();
  for (const char* name : {"a", "b", "a", "b", "a"}) host.force(name);
  for (const auto& [request, priority] : {std::pair{4, 9}, {5, 3}, {3, 3}}) {
    host.engine->set_priority(RequestId(request), priority, [](Result<void> done) { REQUIRE(done); });
  }
  host.settle();

  host.restart();
  host.connect("w1", 0);
  host.settle();

  std::vector<std::int64_t> order;
  for (const auto& [id, row] : host.journal.builds) order.push_back(row.build.buildrequestid.value);
  CHECK(order == std::vector<std::int64_t>{4, 3, 5, 1, 2});
}

TEST_CASE("the priority of a running build's request counts when it is built again") {
  EngineHost host;
  host.add_worker("w1")->max_builds = 1;
  add_builders(host, {"a"}, {"w1"});
  host.start();
  host.connect("w1");
  host.force("a");
  host.engine->set_priority(RequestId(1), 7, [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.request(1).priority == 7);
  CHECK(host.engine->broken_invariant().empty());
}
