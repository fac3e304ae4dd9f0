// SPDX-License-Identifier: MIT
// Each invariant finds the state that breaks it; states that only look odd break none.
#include <fmt/format.h>

#include "core/engine/build_run.h"
#include "core/engine/invariant_bundle.h"
#include "core/engine/invariant_watch.h"
#include "tests/support/engine_host.h"

namespace kiln::engine {

// What no code of the master does.
struct Corruption {
  static void drop_deadline(BuildRun& build) { build.deadline_.reset(); }
  static void end(BuildRun& build) { build.phase_ = BuildRun::Phase::ended; }
};

}  // namespace kiln::engine

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;
using engine::Invariant;

namespace {

// The engine's tables where a test can reach them: builders "a" and "b" on worker "w".
class Tables {
 public:
  Tables() {
    host.add_worker("w")->max_builds = 2;
    for (const char* name : {"a", "b"}) {
      auto builder = host.add_builder(name, {"w"}, {shell_step("run", "sleep")});
      builder->collapse = script::Collapse::off;
    }
    kernel.config = host.config;
    for (std::size_t i = 0; i < 2; ++i) {
      requests.builder(BuilderId(static_cast<std::int64_t>(i) + 1), host.config->builders[i]->name).config =
          host.config->builders[i];
    }
    host.journal.workers[WorkerId(1)].id = WorkerId(1);
    fleet.configure({WorkerId(1)});
  }
  ~Tables() {
    for (const auto& [key, build] : builds) build->let_go();
    if (link) link->forget();
    host.journal.crash();
  }

  engine::RequestState& add(std::int64_t builder = 1) {
    engine::NewBuildset order;
    order.builders = {BuilderId(builder)};
    RequestId added;
    buildsets.add(std::move(order), [&](Result<engine::ForceResult> done) { added = done->requests.at(0).second; });
    host.settle();
    return *requests.find_request(added);
  }
  void connect() {
    link = std::make_shared<ScriptedWorker>(host.clock, fleet, "w");
    link->connect();
    host.settle();
  }
  engine::BuildRun& run() {
    if (!link) connect();
    return *add().build;
  }
  engine::WorkerState& worker() { return *fleet.find("w"); }
  engine::BuilderState& builder(std::int64_t id = 1) { return *requests.find_builder(BuilderId(id)); }

  // "zombie: worker "w" counts ..."
  std::vector<std::string> found() const {
    std::vector<std::string> lines;
    for (const engine::Violation& one : engine::violations(world)) {
      lines.push_back(fmt::format("{}: {} {}", engine::name_of(one.invariant), one.object, one.text));
    }
    return lines;
  }

  EngineHost host;
  engine::Kernel kernel{host.clock, host.journal, host.events, *host.logs_store, host.transfers, MasterId(1), nullptr,
                        nullptr};
  engine::Requests requests;
  engine::World::Builds builds;
  engine::Buildsets buildsets{kernel, requests, [this](engine::BuilderState& one) { matcher.wake(one); }};
  engine::Fleet fleet{kernel, requests,
                      {[this](engine::WorkerState& one) { matcher.wake(one); },
                       [](engine::WorkerState&, const std::shared_ptr<engine::WorkerLink>&) {}},
                      {}};
  engine::Matcher matcher{kernel, requests,
                          {[this](engine::RequestState& request, engine::WorkerState& one) { start(request, one); },
                           [](BuildId) { return false; }, [] { return std::vector<std::pair<std::string, std::string>>(); }}};
  engine::World world{kernel, requests, fleet, matcher, builds};
  std::shared_ptr<ScriptedWorker> link;

 private:
  void start(engine::RequestState& request, engine::WorkerState& one) {
    auto build = std::make_shared<engine::BuildRun>(
        engine::BuildRun::Needs{kernel, buildsets, fleet, [](engine::BuildRun&) {},
                                [this](engine::BuildRun& ended) { builds.erase(&ended); }, nullptr},
        request, one);
    builds[build.get()] = build;
    build->start();
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("nothing is wrong with requests that wait, builds that run, and workers that are away") {
  Tables tables;
  CHECK(tables.found() == Lines{});
  tables.add();
  CHECK(tables.found() == Lines{});
  tables.connect();
  tables.add();
  tables.add(2);
  CHECK(tables.builds.size() == 2);
  CHECK(tables.found() == Lines{});
  tables.host.journal.hold(true);
  tables.link->finish(0);
  tables.host.settle();
  CHECK(tables.found() == Lines{});
}

TEST_CASE("a request that waits beside an idle worker is found") {
  Tables tables;
  tables.connect();
  tables.worker().row.paused = true;
  tables.add();
  CHECK(tables.found() == Lines{});
  tables.worker().row.paused = false;
  CHECK(tables.found() == Lines{"eligible_and_idle: builder \"a\" its request 1 waits although worker \"w\" is free"});
}

TEST_CASE("a request that nobody will build is found") {
  Tables tables;
  engine::RequestState& request = tables.add();

  SECTION("out of its queue") {
    tables.requests.dequeue(request);
    CHECK(tables.found() == Lines{"lost_request: request 1 waits in no queue"});
    tables.requests.enqueue(request);
  }
  SECTION("claimed without a build") {
    tables.requests.dequeue(request);
    request.phase = engine::RequestState::Phase::building;
    CHECK(tables.found() == Lines{"lost_request: request 1 is claimed, but nothing builds it"});
  }
  SECTION("said to be another master's") {
    tables.requests.dequeue(request);
    request.phase = engine::RequestState::Phase::elsewhere;
    CHECK(tables.found() == Lines{});
    request.row.claimed_by_masterid = MasterId(1);
    CHECK(tables.found() == Lines{"lost_request: request 1 is claimed by this master, but nothing builds it"});
  }
  SECTION("never announced") {
    tables.requests.dequeue(request);
    request.phase = engine::RequestState::Phase::adding;
    CHECK(tables.found() == Lines{"lost_request: request 1 was never put into its queue"});
  }
}

TEST_CASE("a build without its request or its worker is found") {
  Tables tables;
  engine::BuildRun& build = tables.run();
  engine::RequestState& request = *tables.requests.find_request(RequestId(1));

  SECTION("its request is another's") {
    request.build = nullptr;
    CHECK(tables.found() == Lines{"lost_request: request 1 is claimed, but nothing builds it",
                                  "zombie: build 1 of request 1 runs for a request that is not its own"});
    request.build = &build;
  }
  SECTION("its worker does not count it") {
    tables.worker().builds.clear();
    CHECK(tables.found() == Lines{"zombie: build 1 of request 1 worker \"w\" counts it 0 times"});
    tables.worker().builds.push_back(&build);
  }
  SECTION("its worker counts one that is not there") {
    tables.worker().builds.push_back(reinterpret_cast<engine::BuildRun*>(&tables));
    CHECK(tables.found() == Lines{"zombie: worker \"w\" counts a build that is not there"});
    tables.worker().builds.pop_back();
  }
  SECTION("its connection is not the worker's") {
    const auto link = std::exchange(tables.worker().link, nullptr);
    CHECK(tables.found() == Lines{"zombie: build 1 of request 1 runs on a connection that is gone",
                                  "zombie: worker \"w\" has no connection and is there"});
    tables.worker().link = link;
  }
  SECTION("it is over and its step is not") {
    engine::Corruption::end(build);
    CHECK(tables.found() == Lines{"zombie: build 1 of request 1 has a step that goes on although it is over"});
  }
}

TEST_CASE("a build without a request is found") {
  Tables tables;
  tables.run();
  tables.requests.remove(*tables.requests.find_request(RequestId(1)));
  CHECK(tables.found() == Lines{"zombie: build 1 of request 1 runs although its request is gone"});
}

TEST_CASE("a stopped build that nothing ends is found") {
  Tables tables;
  tables.connect();
  tables.link->answers_pings = false;
  engine::BuildRun& build = tables.run();
  build.stop("enough", Results::cancelled);
  CHECK(tables.found() == Lines{});
  engine::Corruption::drop_deadline(build);
  CHECK(tables.found() == Lines{"stop_deadline: build 1 of request 1 was stopped, and nothing ends what it waits for"});
}

TEST_CASE("queues that disagree are found") {
  Tables tables;
  engine::RequestState* requests[] = {&tables.add(), &tables.add(), &tables.add()};
  engine::BuilderState& builder = tables.builder();

  SECTION("missing in one") {
    builder.waiting_by_age.erase(requests[1]);
    CHECK(tables.found() == Lines{"queues: builder \"a\" has 3 requests by urgency and 2 by age",
                                  "queues: request 2 waits, is in the queue by urgency and is not in that by age"});
  }
  SECTION("not there any more") {
    requests[1]->phase = engine::RequestState::Phase::completing;
    --requests[1]->buildset->open;
    CHECK(tables.found() == Lines{"queues: request 2 does not wait, is in the queue by urgency and is in that by age"});
  }
  SECTION("in another builder's") {
    tables.builder(2).waiting.insert(requests[0]);
    tables.builder(2).waiting_by_age.insert(requests[0]);
    CHECK(tables.found() == Lines{"queues: request 1 is in the queue of builder \"b\""});
  }
  SECTION("in the wrong place") {
    requests[1]->row.priority = -5;
    // Which one is not found any more depends on the tree.
    REQUIRE(tables.found().size() == 1);
    CHECK(tables.found()[0].find("waits, is not in the queue by urgency and is in that by age") != std::string::npos);
  }
}

TEST_CASE("buildsets that count wrongly are found") {
  Tables tables;
  engine::BuildsetState& buildset = *tables.add().buildset;
  SECTION("too many") {
    buildset.uncommitted = 2;
    CHECK(tables.found() ==
          Lines{"buildsets: buildset 1 counts 1 open requests and 2 that are not complete; there are 1 and 1"});
  }
  SECTION("complete too early") {
    buildset.row.complete = true;
    CHECK(tables.found() == Lines{"buildsets: buildset 1 is complete although requests of it are not"});
  }
}

TEST_CASE("a lock that somebody has who is over is found") {
  Tables tables;
  const script::Lock lock{script::Lock::Kind::master, "board", 1, {}};
  const auto claim = tables.kernel.locks.take({reinterpret_cast<engine::BuildRun*>(&tables), RequestId(9), {}, "a", ""},
                                              {{lock, false, 1}}, "w", 0, {});
  CHECK(tables.found() == Lines{"locks: request 9 holds a lock although its build of builder \"a\" is over"});
}

TEST_CASE("what changes between the pieces of a look breaks nothing") {
  Tables tables;
  for (int i = 0; i < 60; ++i) tables.add(1 + i % 2);
  engine::Sweep sweep(tables.world);
  std::size_t pieces = 1;
  while (!sweep.go_on(10)) {
    ++pieces;
    if (pieces % 3 == 0 && pieces < 90) tables.add();
    if (pieces == 8) tables.connect();
    if (pieces > 8 && tables.link->running() != nullptr) tables.link->finish(0);
    tables.host.settle();
    REQUIRE(pieces < 2000);
  }
  CHECK(pieces > 20);
  CHECK(sweep.violations().empty());
}

TEST_CASE("a master counts violations, tells each once and wakes the matcher") {
  Tables tables;
  int healed = 0;
  std::vector<JsonObject> bundles;
  engine::InvariantWatch watch(tables.world, tables.host.clock, [&] { ++healed; });
  tables.connect();
  tables.worker().row.paused = true;
  tables.add();
  watch.start(10s, [&](const std::vector<engine::Violation>&, JsonObject bundle) { bundles.push_back(std::move(bundle)); });
  tables.host.advance(25s);
  const auto idle = [&] { return watch.rows()[static_cast<std::size_t>(Invariant::eligible_and_idle)]; };
  CHECK(idle().checks == 3);
  CHECK(idle().violations == 0);

  tables.worker().row.paused = false;
  tables.host.advance(20s);
  CHECK(idle().violations == 1);
  CHECK(idle().broken == 1);
  CHECK(idle().violation == "builder \"a\": its request 1 waits although worker \"w\" is free");
  CHECK(healed == 2);
  REQUIRE(bundles.size() == 1);
  CHECK(bundles[0]["violations"].at(0).at("invariant") == "eligible_and_idle");
  CHECK(bundles[0]["requests"].at(0).at("phase") == "waiting");
  CHECK(bundles[0]["workers"].at(0).at("name") == "w");
  CHECK(!bundles[0]["events"].get_array().empty());

  tables.worker().row.paused = true;
  tables.host.advance(10s);
  CHECK(idle().broken == 0);
  tables.worker().row.paused = false;
  tables.host.advance(10s);
  CHECK(idle().violations == 2);
  CHECK(watch.rows()[static_cast<std::size_t>(Invariant::locks)].violations == 0);
}

TEST_CASE("a bundle tells no properties") {
  Tables tables;
  engine::NewBuildset order;
  order.builders = {BuilderId(1)};
  order.row.reason = "very private";
  order.properties.set("token", Json("hidden-value"), "test");
  tables.buildsets.add(std::move(order), [](const Result<engine::ForceResult>&) {});
  tables.connect();
  const std::string text = dump_json(Json(engine::bundle(tables.world, {})));
  CHECK(text.find("hidden-value") == std::string::npos);
  CHECK(text.find("private") == std::string::npos);
  CHECK(text.find("buildrequests/1/new") != std::string::npos);
  CHECK(text.find("\"phase\":\"stepping\"") != std::string::npos);
}
