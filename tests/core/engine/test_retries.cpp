// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct RetryHost : EngineHost {
  RetryHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("slow", "sleep 100")});
    add_builder("b", {"w1"}, {shell_step("slow", "sleep 100")});
    add_force_scheduler();
  }
  void begin() {
    start();
    worker = connect("w1");
  }
  // The worker goes away under the build and is back at once.
  void lose() {
    REQUIRE(worker->running() != nullptr);
    worker->lose();
    settle();
    worker = connect("w1");
  }
  void lose(int times) {
    for (int i = 0; i < times; ++i) lose();
  }
  bool builds() const { return worker->running() != nullptr; }
  std::shared_ptr<ScriptedWorker> worker;
};

}  // namespace

TEST_CASE("a request is built again at once after two builds that ended as retry, then later and later") {
  RetryHost host;
  host.begin();
  host.force("a");
  host.lose(2);
  CHECK(host.builds());

  for (const auto delay : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
    host.lose();
    host.advance(delay - 1ms);
    CHECK_FALSE(host.builds());
    host.advance(1ms);
    CHECK(host.builds());
  }
}

TEST_CASE("a request that waits for its next build says until when, and holds up no other") {
  RetryHost host;
  host.begin();
  host.force("a");
  host.lose(3);
  host.advance(1s);
  host.lose();
  host.force("b");

  CHECK(host.worker->running() != nullptr);
  const auto row = host.engine->wait_reasons(RequestId(1));
  REQUIRE(row);
  REQUIRE(row->reasons.size() == 1);
  CHECK(row->reasons[0].kind == "retried");
  CHECK(row->reasons[0].text == "4 builds of it ended as RETRY");
  CHECK(row->reasons[0].until == host.clock.now_s() + 2);
  CHECK(row->predicted_start == row->reasons[0].until);
  CHECK(host.engine->broken_invariant().empty());
}

TEST_CASE("a request that waits for its next build can be cancelled") {
  RetryHost host;
  host.begin();
  host.force("a");
  host.lose(3);
  host.engine->cancel_request(RequestId(1), "enough", [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.request(1).results == static_cast<int>(Results::cancelled));

  host.advance(10s);
  CHECK_FALSE(host.builds());
}

TEST_CASE("after its limit of retries a request ends as exception, and the worker is not blamed") {
  RetryHost host;
  host.config->retry_limits.count = 1;
  host.begin();
  host.force("a");
  host.lose(2);

  CHECK(host.build(1).results == Results::retry);
  CHECK(host.build(2).results == Results::exception);
  CHECK(host.build(2).state_string == "exception lost connection 'sleep 100' (retry) (retried 1 times)");
  CHECK(host.request(1).results == static_cast<int>(Results::exception));
  host.force("b");
  CHECK(host.builds());
}

TEST_CASE("a master that stops leaves requests to be built again whatever their limit is") {
  RetryHost host;
  host.config->retry_limits.count = 1;
  host.begin();
  host.force("a");
  host.lose();
  host.engine->shutdown([](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.build(2).results == Results::retry);
  CHECK_FALSE(host.request(1).complete);
}
