// SPDX-License-Identifier: MIT
#include <algorithm>

#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

// Answers when the test says so.
class AskedMatch : public script::MatchHooks {
 public:
  explicit AskedMatch(bool chooses = false) : chooses_(chooses) {}
  bool chooses_request() const override { return chooses_; }
  void choose(script::MatchQuestion question, Reply<script::MatchAnswer> reply) override {
    questions.push_back(std::move(question));
    replies.push_back(std::move(reply));
  }

  std::vector<std::int64_t> requests() const {
    std::vector<std::int64_t> ids;
    for (const auto& request : questions.back().requests) ids.push_back(request->row.id.value);
    return ids;
  }
  std::vector<std::string> workers() const {
    std::vector<std::string> names = questions.back().workers;
    std::sort(names.begin(), names.end());
    return names;
  }

  std::vector<script::MatchQuestion> questions;
  std::vector<Reply<script::MatchAnswer>> replies;

 private:
  bool chooses_;
};

class AskedOrder : public script::BuilderOrderHooks {
 public:
  void sort(std::vector<std::string> builders, Reply<std::vector<std::string>> reply) override {
    questions.push_back(std::move(builders));
    replies.push_back(std::move(reply));
  }
  std::vector<std::vector<std::string>> questions;
  std::vector<Reply<std::vector<std::string>>> replies;
};

struct AskingHost : EngineHost {
  explicit AskingHost(bool chooses = false) : match(std::make_shared<AskedMatch>(chooses)) {
    add_worker("w1");
    add_worker("w2");
    builder = add_builder("a", {"w1", "w2"}, {shell_step("run", "x")});
    builder->collapse = script::Collapse::off;
    builder->match = match;
    add_builder("plain", {"w1", "w2"}, {shell_step("run", "x")});
    add_force_scheduler();
  }
  void begin() {
    start();
    connect("w1");
    connect("w2");
  }
  void answer(script::MatchAnswer answer) {
    match->replies.back()(std::move(answer));
    settle();
  }
  void choose(std::int64_t request, const std::string& worker) {
    answer({script::MatchAnswer::Choice{RequestId(request), worker}, {}});
  }
  void refuse(std::int64_t request, std::optional<std::string> worker = std::nullopt) {
    answer({std::nullopt, {{RequestId(request), std::move(worker), "not now"}}});
  }
  std::string worker_of(std::int64_t build_id) const { return journal.workers.at(build(build_id).workerid).name; }

  std::shared_ptr<AskedMatch> match;
  std::shared_ptr<script::BuilderConfig> builder;
};

}  // namespace

TEST_CASE("a builder's functions choose among what waits and who is free") {
  AskingHost host;
  host.begin();
  host.force("a");
  host.force("a");

  REQUIRE(host.match->questions.size() == 1);
  CHECK(host.match->requests() == std::vector<std::int64_t>{1});
  CHECK(host.match->workers() == std::vector<std::string>{"w1", "w2"});
  host.choose(1, "w2");

  CHECK(host.worker_of(1) == "w2");
  CHECK(host.match->requests() == std::vector<std::int64_t>{2});
  CHECK(host.match->workers() == std::vector<std::string>{"w1"});
  host.choose(2, "w1");
  CHECK(host.worker_of(2) == "w1");
  CHECK(host.engine->broken_invariant().empty());
}

TEST_CASE("what waits is shown with its source and properties, each time as the same object") {
  AskingHost host(true);
  host.begin();
  host.force("a", {{"branch", "b"}});
  const auto first = host.match->questions.back().requests.at(0);
  CHECK(first->properties.find("branch")->value == Json("b"));
  CHECK(first->buildset.id == BuildsetId(1));
  host.refuse(1);
  host.force("a");
  host.refuse(2);
  host.advance(11s);

  CHECK(host.match->requests() == std::vector<std::int64_t>{1, 2});
  CHECK(host.match->questions.back().requests.at(0) == first);

  host.engine->replace_properties(BuildsetId(1), Properties{});
  host.refuse(1);
  host.advance(11s);
  CHECK(host.match->questions.back().requests.at(0) != first);
}

TEST_CASE("builders without functions do not wait for those that are asked") {
  AskingHost host;
  host.begin();
  host.force("a");
  host.force("plain");

  CHECK(host.build(1).builderid == host.engine->builder_id("plain"));
  CHECK(host.engine->broken_invariant().empty());
}

TEST_CASE("an answer that does not hold any more is asked again") {
  AskingHost host;
  host.begin();
  host.force("a");

  SECTION("the worker is gone") {
    host.engine->pause_worker(WorkerId(1), true, "", [](Result<void> done) { REQUIRE(done); });
    host.settle();
    host.choose(1, "w1");
    CHECK(host.journal.builds.empty());
    CHECK(host.match->workers() == std::vector<std::string>{"w2"});
  }
  SECTION("the request is gone") {
    host.engine->cancel_request(RequestId(1), "", [](Result<void> done) { REQUIRE(done); });
    host.settle();
    host.choose(1, "w1");
    CHECK(host.journal.builds.empty());
    CHECK(host.match->questions.size() == 1);
  }
  SECTION("the answer names what was never asked about") {
    host.choose(7, "w9");
    CHECK(host.journal.builds.empty());
    CHECK(host.match->questions.size() == 2);
  }
  SECTION("the configuration is another one") {
    host.builder->match = nullptr;
    host.apply();
    host.choose(1, "w1");
    CHECK(host.engine->running_builds() == 1);
  }
}

TEST_CASE("a refusal holds until a worker changes, or for ten seconds") {
  AskingHost host;
  host.begin();
  host.force("a");
  host.refuse(1, "w1");
  CHECK(host.match->questions.size() == 1);
  CHECK(host.engine->broken_invariant().empty());

  SECTION("a new request is asked about alone") {
    host.force("a");
    CHECK(host.match->requests() == std::vector<std::int64_t>{2});
  }
  SECTION("time") {
    host.advance(9s);
    CHECK(host.match->questions.size() == 1);
    host.advance(2s);
    CHECK(host.match->requests() == std::vector<std::int64_t>{1});
    host.choose(1, "w1");
    CHECK(host.engine->running_builds() == 1);
  }
  SECTION("a build ends on a worker that takes no more") {
    host.force("plain");
    host.engine->pause_worker(host.build(1).workerid, true, "", [](Result<void> done) { REQUIRE(done); });
    host.engine->stop_build(BuildId(1), "", [](Result<void>) {});
    host.settle();
    CHECK(host.match->questions.size() == 1);
    host.advance(11s);
    CHECK(host.match->requests() == std::vector<std::int64_t>{1});
  }
  SECTION("a build ends") {
    host.force("plain");
    CHECK(host.match->questions.size() == 1);
    host.engine->stop_build(BuildId(1), "", [](Result<void>) {});
    host.settle();
    CHECK(host.match->requests() == std::vector<std::int64_t>{1});
  }
}

TEST_CASE("a change while the question is open makes its refusals worthless") {
  AskingHost host;
  host.begin();
  host.force("a");
  host.engine->pause_worker(WorkerId(1), true, "", [](Result<void> done) { REQUIRE(done); });
  host.engine->pause_worker(WorkerId(1), false, "", [](Result<void> done) { REQUIRE(done); });
  host.settle();
  REQUIRE(host.match->questions.size() == 1);

  host.refuse(1);
  CHECK(host.match->questions.size() == 2);
}

TEST_CASE("functions that fail refuse everything they were asked about, for ten seconds") {
  AskingHost host;
  host.begin();
  host.force("a");
  host.match->replies.back()(make_error(Errc::script, "Traceback"));
  host.settle();
  CHECK(host.match->questions.size() == 1);
  host.advance(11s);
  CHECK(host.match->questions.size() == 2);
}

TEST_CASE("many requests are asked about in parts, those that a nextBuild chooses from all at once") {
  const bool chooses = GENERATE(false, true);
  AskingHost host(chooses);
  host.start();
  for (int i = 0; i < 100; ++i) host.force("a");
  host.connect("w1");

  CHECK(host.match->requests().size() == (chooses ? 100U : 64U));
  host.answer({});
  if (chooses) {
    CHECK(host.match->questions.size() == 1);
  } else {
    CHECK(host.match->requests().size() == 36);
  }
}

TEST_CASE("prioritizeBuilders sees all builders with requests, and is followed") {
  AskingHost host;
  host.builder->match = nullptr;
  const auto order = std::make_shared<AskedOrder>();
  host.config->builder_order = order;
  host.config->workers[0] = [&] {
    auto worker = std::make_shared<script::WorkerConfig>(*host.config->workers[0]);
    worker->max_builds = 1;
    return worker;
  }();
  host.start();
  host.force("a");
  host.force("plain");
  REQUIRE(order->questions.size() == 1);
  CHECK(order->questions[0] == std::vector<std::string>{"a"});
  order->replies[0](std::vector<std::string>{});
  host.settle();
  REQUIRE(order->questions.size() == 2);  // the one that was woken meanwhile
  order->replies[1](std::vector<std::string>{});
  host.connect("w1");
  REQUIRE(order->questions.size() == 3);
  CHECK(order->questions.back() == std::vector<std::string>{"a", "plain"});

  SECTION("its order") {
    order->replies.back()(std::vector<std::string>{"plain", "a", "unknown"});
    host.settle();
    CHECK(host.build(1).builderid == host.engine->builder_id("plain"));
    CHECK(host.engine->running_builds() == 1);
  }
  SECTION("not asked again and again because of one whose requests are gone") {
    order->replies.back()(std::vector<std::string>{"plain"});
    host.settle();
    host.force("plain");
    host.engine->cancel_request(RequestId(1), "", [](Result<void> done) { REQUIRE(done); });
    host.settle();
    const std::size_t asked = order->questions.size();
    order->replies.back()(std::vector<std::string>{"plain"});
    host.settle();
    CHECK(order->questions.size() == asked);
  }
  SECTION("left out for a while") {
    order->replies.back()(std::vector<std::string>{});
    host.settle();
    CHECK(host.engine->running_builds() == 0);
    CHECK(host.engine->broken_invariant().empty());
    host.advance(11s);
    CHECK(order->questions.size() == 4);
  }
  SECTION("left out, then chosen because of another's request") {
    order->replies.back()(std::vector<std::string>{"plain"});
    host.settle();
    CHECK(host.build(1).builderid == host.engine->builder_id("plain"));
    order->replies.clear();
    host.config->workers[0] = std::make_shared<script::WorkerConfig>(*host.config->workers[0]);
    host.force("plain");
    REQUIRE(order->replies.size() == 1);
    host.engine->stop_build(BuildId(1), "", [](Result<void>) {});
    host.settle();
    order->replies[0](std::vector<std::string>{"a", "plain"});
    host.settle();
    CHECK(host.build(2).builderid == host.engine->builder_id("a"));
  }
  SECTION("left out when there is no such function any more") {
    order->replies.back()(std::vector<std::string>{"plain"});
    host.settle();
    order->replies.clear();
    host.force("plain");
    host.config->builder_order = nullptr;
    host.engine->stop_build(BuildId(1), "", [](Result<void>) {});
    host.apply();
    REQUIRE(order->replies.size() == 1);
    order->replies[0](std::vector<std::string>{});
    host.force("plain");
    CHECK(host.build(2).builderid == host.engine->builder_id("a"));
  }
  SECTION("the usual order when it fails") {
    order->replies.back()(make_error(Errc::script, "Traceback"));
    host.settle();
    CHECK(host.build(1).builderid == host.engine->builder_id("a"));
  }
}
