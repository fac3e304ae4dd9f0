// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct TryHost : EngineHost {
  TryHost() {
    add_worker("w1");
    for (const char* name : {"a", "b", "c"}) add_builder(name, {"w1"}, {shell_step("run", "x")});
    scheduler = add_change_scheduler("try", {"a", "b"});
    scheduler->kind = script::SchedulerConfig::Kind::try_userpass;
    scheduler->properties.set("p", "own", "Scheduler");
  }
  Result<engine::ForceResult> submit(wire::TryJob job, const std::string& name = "try") {
    std::optional<Result<engine::ForceResult>> answer;
    engine->submit_try(name, std::move(job), [&](const Result<engine::ForceResult>& done) { answer = done; });
    settle();
    REQUIRE(answer);
    return *answer;
  }
  const Buildset& last() const { return journal.buildsets.rbegin()->second; }

  std::shared_ptr<script::SchedulerConfig> scheduler;
};

wire::TryJob job() {
  wire::TryJob job;
  job.branch = "main";
  job.revision = "r1";
  job.patch = wire::TryPatch{1, "diff\xff"};
  job.builders = {"b"};
  job.who = "ann";
  job.comment = "look";
  job.properties = {{"p", "job"}, {"q", 1}};
  return job;
}

}  // namespace

TEST_CASE("a try job becomes a buildset with the patch in its source stamp") {
  TryHost host;
  host.start();
  const auto done = host.submit(job());

  REQUIRE(done);
  CHECK(done->requests.size() == 1);
  CHECK(host.last().reason == "'try' job by user ann (look)");
  const SourceStamp& stamp = host.last().sourcestamps.at(0);
  CHECK(stamp.branch == "main");
  REQUIRE(stamp.patch);
  CHECK(stamp.patch->level == 1);
  CHECK(stamp.patch->body == "diff\xff");
  CHECK(stamp.patch->author == "ann");
  CHECK(stamp.patch->comment == "look");
  const Properties& properties = host.journal.buildset_properties.at(host.last().id);
  CHECK(properties.find("p")->source == "Scheduler");
  CHECK(properties.find("q")->source == "try build");
}

TEST_CASE("a try job without builders is for all of the scheduler's, one with others for none") {
  TryHost host;
  host.start();
  wire::TryJob all = job();
  all.builders.clear();
  CHECK(host.submit(all)->requests.size() == 2);

  wire::TryJob foreign = job();
  foreign.builders = {"a", "c"};
  CHECK(host.submit(foreign).error().code == Errc::not_found);
  CHECK(host.submit(job(), "nobody").error().code == Errc::not_found);
  wire::TryJob deep = job();
  deep.patch->level = 1'000'000'000'000;
  CHECK(host.submit(deep).error().code == Errc::bad_input);
  CHECK(host.journal.buildsets.size() == 1);
}

TEST_CASE("an empty patch is none") {
  TryHost host;
  host.start();
  wire::TryJob bare = job();
  bare.patch->diff.clear();
  REQUIRE(host.submit(bare));
  CHECK_FALSE(host.last().sourcestamps.at(0).patch);
}

TEST_CASE("a job file keeps its id, and its reason has no comment") {
  TryHost host;
  host.scheduler->kind = script::SchedulerConfig::Kind::try_jobdir;
  host.start();
  wire::TryJob given = job();
  given.id = "id-7";
  REQUIRE(host.submit(given));
  CHECK(host.last().external_idstring == "id-7");
  CHECK(host.last().reason == "'try' job by user ann");
}

TEST_CASE("a disabled scheduler takes no try jobs") {
  TryHost host;
  host.start();
  host.engine->enable_scheduler(SchedulerId(1), false, [](const Result<>&) {});
  host.settle();
  CHECK(host.submit(job()).error().code == Errc::conflict);
}
