// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct TransferHost : EngineHost {
  TransferHost() {
    first->on_run = [this](ScriptedStep& self, Reply<script::StepOutcome> reply) {
      script::CommandRequest request;
      request.name = "uploadFile";
      request.transfer.emplace();
      request.transfer->path = "/m/target";
      self.host->run_command(std::move(request), [this, reply](const Result<script::CommandOutcome>& ended) {
        outcome = *ended;
        reply(script::StepOutcome{});
      });
    };
    add_worker("w1");
    use_scripted_steps(*add_builder("a", {"w1"}, {}), {first});
    add_force_scheduler();
    start();
    worker = connect("w1");
    force("a");
    settle();
  }
  std::shared_ptr<ScriptedStep> first = std::make_shared<ScriptedStep>("upload");
  std::shared_ptr<ScriptedWorker> worker;
  script::CommandOutcome outcome;
};

}  // namespace

TEST_CASE("a command with a transfer plan takes the master's end to the worker") {
  TransferHost host;
  REQUIRE(host.transfers.opened.size() == 1);
  const auto file = host.transfers.opened[0];
  CHECK(file->plan.path == "/m/target");
  const auto* command = host.worker->running();
  REQUIRE(command != nullptr);
  REQUIRE(command->transfer != nullptr);
  bool written = false;
  command->transfer->write("bytes", [&](const Result<void>& done) { written = done.has_value(); });
  CHECK_FALSE(written);
  host.settle();
  CHECK(written);
  CHECK(file->bytes == "bytes");
  CHECK_FALSE(file->is_dropped);

  host.worker->finish(0);
  host.settle();
  CHECK(file->is_dropped);
  CHECK(host.outcome.rc == 0);
  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("a lost worker drops the master's end of its transfer") {
  TransferHost host;
  host.worker->lose();
  host.settle();
  CHECK(host.transfers.opened.at(0)->is_dropped);
  CHECK_FALSE(host.transfers.opened[0]->is_closed);
  CHECK(host.outcome.end == script::CommandOutcome::End::connection_lost);
}

TEST_CASE("commands without a plan have no transfer") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {shell_step("x", "true")});
  host.add_force_scheduler();
  host.start();
  const auto worker = host.connect("w1");
  host.force("a");
  host.settle();
  REQUIRE(worker->running() != nullptr);
  CHECK(worker->running()->transfer == nullptr);
  CHECK(host.transfers.opened.empty());
}
