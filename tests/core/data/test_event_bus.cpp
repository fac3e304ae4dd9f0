// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/data/event_bus.h"

using namespace kiln;
using namespace kiln::data;

namespace {

class Listener : public Subscriber {
 public:
  void deliver(const Message& message) override {
    keys.push_back(message.key);
    bodies.push_back(message.body);
    frames.push_back(*message.frame);
  }
  std::vector<std::string> keys;
  std::vector<std::shared_ptr<const std::string>> bodies;
  std::vector<std::string> frames;
};

std::vector<std::string> keys_of(const Event& event) {
  EventBus bus;
  Listener listener;
  std::string pattern = "*";
  for (int elements = 1; elements <= 8; ++elements) {
    bus.subscribe(listener, pattern);
    pattern += "/*";
  }
  bus.publish(event);
  return listener.keys;
}

BuildRequest a_request() {
  BuildRequest request;
  request.id = RequestId(3);
  request.buildsetid = BuildsetId(2);
  request.builderid = BuilderId(4);
  return request;
}

}  // namespace

TEST_CASE("events have upstream's routing keys") {
  Build build;
  build.id = BuildId(7);
  build.number = 2;
  build.builderid = BuilderId(4);
  build.workerid = WorkerId(1);
  Step step;
  step.id = StepId(9);
  step.buildid = BuildId(7);
  Log log;
  log.id = LogId(5);
  log.stepid = StepId(9);
  log.slug = "stdio";
  Worker worker;
  worker.id = WorkerId(1);
  using Keys = std::vector<std::string>;

  CHECK(keys_of({"new", build}) == Keys{"builders/4/builds/2/new", "builds/7/new", "workers/1/builds/7/new"});
  CHECK(keys_of({"started", step}) == Keys{"builds/7/steps/9/started", "steps/9/started"});
  CHECK(keys_of({"append", log}) == Keys{"logs/5/append", "steps/9/logs/stdio/append"});
  CHECK(keys_of({"claimed", a_request()}) == Keys{"buildsets/2/builders/4/buildrequests/3/claimed",
                                                  "buildrequests/3/claimed",
                                                  "builders/4/buildrequests/3/claimed"});
  CHECK(keys_of({"cancel", a_request()}) == Keys{"buildrequests/3/cancel"});
  CHECK(keys_of({"connected", worker}) == Keys{"workers/1/connected"});
  CHECK(keys_of({"update", BuildPropertiesRow{BuildId(7), {}}}) == Keys{"builds/7/properties/update"});
  CHECK(keys_of({"started", BuilderStateRow{BuilderId(4), MasterId(1), "b"}}) == Keys{"builders/4/started"});
}

TEST_CASE("a star stands for exactly one element") {
  struct Case {
    std::string pattern;
    bool matches;
  };
  const auto wanted = GENERATE(values<Case>({{"masters/1/started", true},
                                             {"masters/*/started", true},
                                             {"*/*/*", true},
                                             {"masters/*", false},
                                             {"*", false},
                                             {"*/*/*/*", false},
                                             {"masters/2/*", false},
                                             {"", false},
                                             {"masters/1/started/", false}}));
  EventBus bus;
  Listener listener;
  bus.subscribe(listener, wanted.pattern);

  bus.publish({"started", Master{MasterId(1), "m", true, 5}});

  CHECK(listener.keys.size() == (wanted.matches ? 1 : 0));
}

TEST_CASE("the JSON of an event is made once for all its keys and subscribers") {
  EventBus bus;
  Listener first;
  Listener second;
  bus.subscribe(first, "*/*/*");
  bus.subscribe(first, "*/*/*/*/*");
  bus.subscribe(second, "builds/*/*");
  Build build;
  build.id = BuildId(7);

  bus.publish({"new", build});

  REQUIRE(first.bodies.size() == 3);
  REQUIRE(second.bodies.size() == 1);
  CHECK(first.bodies[0] == first.bodies[1]);
  CHECK(first.bodies[0] == second.bodies[0]);
}

TEST_CASE("a new buildset names its scheduler and has no results yet") {
  EventBus bus;
  Listener listener;
  bus.subscribe(listener, "buildsets/*/*");
  Buildset buildset;
  buildset.id = BuildsetId(2);
  buildset.reason = "why";
  buildset.results = -1;

  bus.publish({"new", BuildsetRow{buildset, "force"}});

  CHECK(listener.frames == std::vector<std::string>{
                               R"({"k":"buildsets/2/new","m":{"bsid":2,"complete":false,"complete_at":null,)"
                               R"("external_idstring":null,"parent_buildid":null,"reason":"why","rebuilt_buildid":null,)"
                               R"("results":null,"sourcestamps":[],"submitted_at":0,"scheduler":"force"}})"});
}

TEST_CASE("who is dropped gets nothing more") {
  EventBus bus;
  Listener listener;
  bus.subscribe(listener, "masters/*/*");
  bus.subscribe(listener, "*/*/*");
  CHECK(bus.subscriptions() == 2);
  CHECK_FALSE(bus.unsubscribe(listener, "builds/*/*"));

  bus.drop(listener);
  bus.publish({"started", Master{MasterId(1), "m", true, 5}});

  CHECK(listener.keys.empty());
  CHECK(bus.subscriptions() == 0);
}
