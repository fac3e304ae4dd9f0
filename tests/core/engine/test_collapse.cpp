// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct CollapseHost : EngineHost {
  explicit CollapseHost(script::Collapse collapse = script::Collapse::rule) {
    add_worker("w1");
    builder = add_builder("a", {"w1"}, {shell_step("run", "x")});
    builder->collapse = collapse;
    add_force_scheduler();
    add_change_scheduler("s", {"a"});
  }
  std::size_t waiting() const { return engine->wait_reasons().size(); }
  std::shared_ptr<script::BuilderConfig> builder;
};

// Answers what the test says, later.
class AskedHooks : public script::BuilderHooks {
 public:
  void collapse(const BuildRequest& newer, const BuildRequest& older, Reply<bool> reply) override {
    asked.emplace_back(newer.id.value, older.id.value);
    replies.push_back(std::move(reply));
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> asked;
  std::vector<Reply<bool>> replies;
};

}  // namespace

TEST_CASE("a newer request of the same source replaces one that still waits") {
  CollapseHost host;
  host.start();
  host.force("a");
  host.events.clear();

  host.force("a");

  CHECK(host.request(1).results == static_cast<int>(Results::skipped));
  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == 0);
  CHECK(host.waiting() == 1);
  CHECK(host.events.lines() == std::vector<std::string>{"buildrequests/1/claimed -1 claimed",
                                                        "buildrequests/1/complete 3 claimed", "buildsets/1/complete 0",
                                                        "buildsets/2/new none", "buildrequests/2/new -1"});
}

TEST_CASE("a running build is never collapsed") {
  CollapseHost host;
  host.start();
  host.connect("w1");
  host.force("a");
  host.force("a");

  CHECK_FALSE(host.request(1).complete);
  CHECK_FALSE(host.request(2).complete);
}

TEST_CASE("requests of changes collapse whatever their revision") {
  CollapseHost host;
  host.start();
  host.change("r1");
  host.change("r2");

  CHECK(host.request(1).results == static_cast<int>(Results::skipped));
  CHECK(host.waiting() == 1);
}

TEST_CASE("a forced request and one of a change do not collapse") {
  CollapseHost host;
  host.start();
  host.change("r1");
  host.force("a");

  CHECK(host.waiting() == 2);
}

TEST_CASE("requests with other scheduler properties do not collapse") {
  CollapseHost host;
  auto other = host.add_change_scheduler("other", {"a"});
  other->properties.set("x", 1, "Scheduler");
  host.start();
  host.change("r1");

  CHECK(host.waiting() == 2);
}

TEST_CASE("collapsing can be switched off") {
  CollapseHost host(script::Collapse::off);
  host.start();
  host.force("a");
  host.force("a");

  CHECK(host.waiting() == 2);
}

TEST_CASE("a function of the user decides about each waiting request") {
  CollapseHost host(script::Collapse::callback);
  const auto hooks = std::make_shared<AskedHooks>();
  host.builder->hooks = hooks;
  host.start();
  host.force("a");
  host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult>) {});
  host.settle();
  REQUIRE(hooks->asked == std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 1}});
  // Nothing is announced before the answer.
  CHECK(host.events.count("buildsets/2/new") == 0);

  SECTION("true collapses") {
    hooks->replies[0](true);
    host.settle();
    CHECK(host.request(1).results == static_cast<int>(Results::skipped));
  }
  SECTION("false keeps both") {
    hooks->replies[0](false);
    host.settle();
    CHECK(host.waiting() == 2);
  }
  SECTION("an exception keeps both") {
    hooks->replies[0](make_error(Errc::script, "boom"));
    host.settle();
    CHECK(host.waiting() == 2);
  }
  SECTION("a request that was claimed meanwhile is left alone") {
    host.connect("w1");
    hooks->replies[0](true);
    host.settle();
    CHECK_FALSE(host.request(1).complete);
    CHECK(host.build(1).buildrequestid == RequestId(1));
  }
  CHECK(host.events.count("buildsets/2/new") == 1);
}

TEST_CASE("a waiting request can be cancelled") {
  CollapseHost host;
  host.start();
  host.force("a");
  host.events.clear();

  host.engine->cancel_request(RequestId(1), "not needed", [](Result<void> done) { REQUIRE(done); });
  host.settle();

  CHECK(host.request(1).results == static_cast<int>(Results::cancelled));
  CHECK(host.events.lines() == std::vector<std::string>{"buildrequests/1/complete 6 claimed", "buildsets/1/complete 6",
                                                        "buildrequests/1/cancel 6 claimed"});
}

TEST_CASE("a buildset ends with the worst result of its requests when the last one is complete") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {shell_step("run", "x")});
  host.add_builder("b", {"w1"}, {shell_step("run", "x")});
  host.add_change_scheduler("s", {"a", "b"});
  host.start();
  const auto worker = host.connect("w1");
  host.change("r1");

  worker->finish(worker->running("a")->id, 1);
  host.settle();
  CHECK_FALSE(host.journal.buildsets.at(BuildsetId(1)).complete);
  worker->finish(worker->running("b")->id, 0);
  host.settle();
  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == static_cast<int>(Results::failure));
  CHECK(host.events.count("buildsets/1/complete") == 1);
}

TEST_CASE("a rebuild makes a request of the same source and remembers the first build") {
  CollapseHost host;
  host.start();
  const auto worker = host.connect("w1");
  worker->finish_all_with(0);
  host.force("a", {{"p", 1}});
  const Buildset original = host.journal.buildsets.at(BuildsetId(1));

  host.engine->rebuild(host.build(1), original, host.journal.buildset_properties.at(BuildsetId(1)),
                       {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  host.settle();

  const Buildset& rebuilt = host.journal.buildsets.at(BuildsetId(2));
  CHECK(rebuilt.reason == "rebuild");
  CHECK(rebuilt.rebuilt_buildid == BuildId(1));
  CHECK(rebuilt.sourcestamps[0].id == original.sourcestamps[0].id);
  CHECK(host.journal.builds.at(BuildId(2)).properties.find("p")->value == Json(1));
}
