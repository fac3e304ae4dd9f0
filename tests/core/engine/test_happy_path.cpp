// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

void add_small_setup(EngineHost& host) {
  host.add_worker("w1");
  host.add_builder("b1", {"w1"}, {shell_step("hello", "make -j2 all"), shell_step("bye", "true")});
  host.add_force_scheduler();
}

}  // namespace

TEST_CASE("a forced build runs its steps on the worker and ends with success") {
  EngineHost host;
  add_small_setup(host);
  host.start();
  const auto worker = host.connect("w1");
  worker->on_command = [&](const ScriptedWorker::Command& command) {
    command.output("some text\n");
    worker->finish(command.id, 0);
  };

  const auto forced = host.force("b1");

  REQUIRE(forced.requests.size() == 1);
  CHECK(host.build(1).complete);
  CHECK(host.build(1).number == 1);
  CHECK(host.build(1).results == Results::success);
  CHECK(host.build(1).state_string == "build successful");
  CHECK(host.request(1).results == 0);
  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == 0);
  CHECK(host.engine->running_builds() == 0);
  CHECK(host.log_text(1, "hello", "stdio") == "osome text\nhprogram finished with exit code 0\n");
  CHECK(host.step(1, "hello").state_string == "'make -j2 ...'");
  CHECK(host.steps(1).size() == 3);
}

TEST_CASE("the events of a build come in upstream's order") {
  EngineHost host;
  add_small_setup(host);
  host.start();
  const auto worker = host.connect("w1");
  worker->finish_all_with(0);
  host.events.clear();

  host.force("b1");

  CHECK(host.events.lines() ==
        std::vector<std::string>{
            "buildsets/1/new none",
            "buildrequests/1/new -1",
            "buildrequests/1/claimed -1 claimed",
            "steps/1/new worker_preparation none: pending",
            "steps/1/started worker_preparation none: pending",
            "builds/1/properties/update owner scheduler buildername builderid workername buildnumber branch revision "
            "repository codebase project",
            "builds/1/update none: starting",
            "builds/1/new none: starting",
            "builds/1/properties/update owners",
            "builds/1/update none: preparing worker",
            "builds/1/update none: pinging worker",
            "steps/1/updated worker_preparation none: worker w1 ready",
            "steps/1/finished worker_preparation success: worker w1 ready",
            "builds/1/update none: building",
            "steps/2/new hello none: pending",
            "steps/2/started hello none: pending",
            "steps/2/updated hello none: pending",
            "logs/1/new stdio 0",
            "logs/1/append stdio 1",
            "logs/1/finished stdio 1",
            "steps/2/updated hello none: 'make -j2 ...'",
            "steps/2/finished hello success: 'make -j2 ...'",
            "builds/1/properties/update basedir builddir",
            "steps/3/new bye none: pending",
            "steps/3/started bye none: pending",
            "steps/3/updated bye none: pending",
            "logs/2/new stdio 0",
            "logs/2/append stdio 1",
            "logs/2/finished stdio 1",
            "steps/3/updated bye none: 'true'",
            "steps/3/finished bye success: 'true'",
            "builds/1/update none: build successful",
            "builds/1/finished success: build successful",
            "buildrequests/1/complete 0 claimed",
            "buildsets/1/complete 0",
        });
}

TEST_CASE("a forced build of two native steps takes seven units of work") {
  EngineHost host;
  add_small_setup(host);
  host.start();
  const auto worker = host.connect("w1");
  worker->finish_all_with(0);
  const std::size_t before = host.journal.units;

  host.force("b1");

  // The buildset, the claim, the build, its properties, one for each step, the end.
  CHECK(host.journal.units - before == 7);
}
