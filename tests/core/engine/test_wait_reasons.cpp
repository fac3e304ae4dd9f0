// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct WaitingHost : EngineHost {
  WaitingHost() {
    add_worker("w1")->max_builds = 1;
    builder = add_builder("a", {"w1"}, {shell_step("run", "x")});
    builder->collapse = script::Collapse::off;
    add_builder("other", {"w1"}, {shell_step("run", "x")});
    add_force_scheduler();
  }
  void let_force(const std::string& name) {
    std::const_pointer_cast<script::SchedulerConfig>(config->schedulers[0])->builder_names.push_back(name);
  }
  engine::WaitingRow of(std::int64_t request) const {
    const auto found = engine->wait_reasons(RequestId(request));
    REQUIRE(found);
    return *found;
  }
  engine::WaitReason only(std::int64_t request) const {
    const engine::WaitingRow row = of(request);
    REQUIRE(row.reasons.size() == 1);
    return row.reasons[0];
  }
  std::shared_ptr<script::BuilderConfig> builder;
};

class Refusing : public script::MatchHooks {
 public:
  bool chooses_request() const override { return false; }
  void choose(script::MatchQuestion question, Reply<script::MatchAnswer> reply) override {
    if (is_silent) return replies.push_back(std::move(reply));
    const RequestId request = question.requests.at(0)->row.id;
    reply(script::MatchAnswer{std::nullopt, {{request, "w1", "canStartBuild (master.cfg:3) refused"}}});
  }
  bool is_silent = false;
  std::vector<Reply<script::MatchAnswer>> replies;
};

}  // namespace

TEST_CASE("a worker's state is a reason with its name") {
  WaitingHost host;
  host.start();
  host.force("a");
  CHECK(host.only(1).kind == "not_connected");
  CHECK(host.only(1).worker == "w1");
  CHECK(host.of(1).predicted_start == std::nullopt);

  host.engine->pause_worker(WorkerId(1), true, "disk is full", [](Result<void> done) { REQUIRE(done); });
  host.connect("w1");
  CHECK(host.only(1).kind == "paused");
  CHECK(host.only(1).text == "worker \"w1\" is paused: disk is full");
}

TEST_CASE("builds in the way are named, and when they are expected to end") {
  WaitingHost host;
  host.start();
  const auto worker = host.connect("w1");
  host.force("a");
  host.advance(40s);
  worker->finish(0);
  host.settle();
  host.force("a");
  const EpochSeconds began = host.clock.now_s();
  host.force("a");
  host.force("a");
  host.force("other");

  CHECK(host.only(3).kind == "building");
  CHECK(host.only(3).builds == std::vector{BuildId(2)});
  CHECK(host.of(3).predicted_start == began + 40);
  CHECK(host.of(4).position == 2);
  CHECK(host.of(4).predicted_start == began + 80);
  CHECK(host.only(5).kind == "full");
  CHECK(host.only(5).builds == std::vector{BuildId(2)});
  CHECK(host.engine->wait_reasons(RequestId(2)) == std::nullopt);
  CHECK(host.engine->wait_reasons(host.engine->builder_id("a"), 1).size() == 1);
  CHECK(host.engine->wait_reasons(BuilderId(99), 5).empty());
}

TEST_CASE("a quarantine is a reason with its end") {
  WaitingHost host;
  auto step = shell_step("run", "x");
  step.decode_rc = {{9, Results::exception}};
  host.add_builder("bad", {"w1"}, {step});
  host.let_force("bad");
  host.start();
  host.connect("w1", 9);
  host.force("bad");
  host.force("a");

  CHECK(host.only(2).kind == "quarantined");
  CHECK(host.only(2).until == host.clock.now_s() + 10);
  CHECK(host.of(2).predicted_start == host.clock.now_s() + 10);
}

TEST_CASE("functions that refuse or do not answer are reasons") {
  WaitingHost host;
  const auto match = std::make_shared<Refusing>();
  match->is_silent = GENERATE(false, true);
  host.builder->match = match;
  host.start();
  host.connect("w1");
  host.force("a");

  if (match->is_silent) {
    CHECK(host.only(1).kind == "asking");
  } else {
    CHECK(host.only(1).kind == "refused");
    CHECK(host.only(1).text == "canStartBuild (master.cfg:3) refused worker \"w1\"");
  }
}

TEST_CASE("a lock is a reason with its name and holders") {
  WaitingHost host;
  host.config->workers.clear();
  host.add_worker("w1");
  const script::LockAccesses alone = {{{script::Lock::Kind::master, "db", 1, {}}, true, 1}};
  host.builder->locks = alone;
  host.add_builder("b", {"w1"}, {shell_step("run", "x")})->locks = alone;
  host.let_force("b");
  host.start();
  host.connect("w1");
  host.force("a");
  host.force("b");

  CHECK(host.only(2).kind == "locked");
  CHECK(host.only(2).lock == "db");
  CHECK(host.only(2).builds == std::vector{BuildId(1)});
}

TEST_CASE("what the master does is the only reason") {
  WaitingHost host;
  host.start();
  host.force("a");
  host.connect("w1");
  host.force("other");
  host.engine->drain([](const Result<void>&) {});
  CHECK(host.only(2).kind == "draining");
}

TEST_CASE("of many workers and requests the first ones are told, and how many more there are") {
  EngineHost host;
  std::vector<std::string> names;
  for (int i = 0; i < 30; ++i) host.add_worker(names.emplace_back(fmt::format("w{}", i)));
  host.add_builder("a", names, {shell_step("run", "x")})->collapse = script::Collapse::off;
  host.add_force_scheduler();
  host.start();
  for (int i = 0; i < 10'003; ++i) {
    host.engine->force("force", "me", {"a"}, {}, [](Result<engine::ForceResult> done) { REQUIRE(done); });
  }
  host.settle();

  const auto rows = host.engine->wait_reasons(host.engine->builder_id("a"), 2);
  REQUIRE(rows.size() == 2);
  REQUIRE(rows[1].reasons.size() == 21);
  CHECK(rows[1].reasons[20].kind == "further");
  CHECK(rows[1].reasons[20].text == "workers that cannot take it either: 10");
  CHECK(host.engine->wait_reasons(RequestId(10'000))->position == 10'000);
  CHECK(host.engine->wait_reasons(RequestId(10'003))->position == 10'001);
  CHECK(host.engine->wait_reasons(RequestId(10'003))->reasons.size() == 30);
}
