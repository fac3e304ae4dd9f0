// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "core/db/build_store.h"
#include "core/db/log_store.h"
#include "core/db/step_store.h"
#include "core/db/worker_store.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct Interrupted {
  BuildId build;
  StepId step;
  LogId log;
  RequestId running;
  RequestId done;
};

// A build in the middle of a step, another one finished: then the master is gone without a word.
Interrupted leave_in_mid_build(DatabaseHost& host) {
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0], base.builders[1]}));
  write_now(host, writes::ClaimRequests{{RequestId(set.child_ids[0]), RequestId(set.child_ids[1])}, 1001});
  write_now(host, writes::WorkerConnected{base.workers[0], {{"admin", "me"}, {"version", "4.3.0"}}});
  write_now(host, writes::SetWorkerState{base.workers[1], true, "broken disk", false});
  Unit unit;
  const auto build = unit.add(build_of(base.builders[0], set.child_ids[0], base.workers[0]));
  const auto step = unit.add(writes::AddStep{.build = RowRef<BuildId>::made_by(build), .number = 0, .name = "make", .state_string = "running", .started_at = 1002, .locks_acquired_at = 1002});
  const auto log = unit.add(writes::AddLog{RowRef<StepId>::made_by(step), "stdio", "stdio", LogType::stream});
  const Committed made = commit_now(host, std::move(unit));
  Unit finished;
  const auto other = finished.add(build_of(base.builders[1], set.child_ids[1], base.workers[1]));
  finished.add(writes::FinishBuild{RowRef<BuildId>::made_by(other), Results::failure, "failed", 0, 1005});
  finished.add(writes::CompleteRequests{{RequestId(set.child_ids[1])}, Results::failure, 1005});
  commit_now(host, std::move(finished));
  return {BuildId(made[build].id), StepId(made[step].id), LogId(made[log].id), RequestId(set.child_ids[0]), RequestId(set.child_ids[1])};
}

}  // namespace

TEST_CASE("a start ends what the last run left unfinished") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const Interrupted left = leave_in_mid_build(host);
  host.reopen(2000);

  const Snapshot& snapshot = host.snapshot();
  CHECK(snapshot.reconciled_builds == std::vector{left.build});
  const auto build = host.read([&](db::Connection& c) { return db::query_builds(c, {.path = {.id = left.build, .builder = {}, .builder_name = {}, .number = {}}, .request = {}, .change = {}, .worker = {}, .triggered_by = {}}, {}); }).rows.at(0);
  CHECK(build.results == Results::retry);
  CHECK(build.complete_at == 2000);
  const auto step = host.read([&](db::Connection& c) { return db::query_steps(c, {.id = left.step, .build = {}, .number = {}, .name = {}}, {}); }).rows.at(0);
  CHECK(step.results == Results::retry);
  CHECK(step.complete_at == 2000);
  const auto log = host.read([&](db::Connection& c) { return db::query_logs(c, {.id = left.log, .step = {}, .slug = {}}, {}); }).rows.at(0);
  CHECK(log.complete);

  REQUIRE(snapshot.requests.size() == 1);
  CHECK(snapshot.requests[0].id == left.running);
  CHECK_FALSE(snapshot.requests[0].claimed);
  REQUIRE(snapshot.buildsets.size() == 1);
  CHECK(snapshot.buildsets[0].worst == Results::failure);
  CHECK(host.integer("SELECT count(*) FROM buildrequest_claims") == 1);  // the completed one's stays
  REQUIRE(snapshot.workers.size() == 2);
  CHECK(snapshot.workers[0].connected_to.empty());
  CHECK(snapshot.workers[0].workerinfo.at("admin") == "me");
  CHECK(snapshot.workers[1].pause_reason == "broken disk");
  CHECK(host.integer("SELECT count(*) FROM builder_masters") == 0);
  CHECK(host.integer("SELECT active FROM masters") == 1);
  // The next build of the request goes on counting.
  CHECK(write_now(host, build_of(build.builderid, left.running.value, build.workerid)).number == 2);
}

TEST_CASE("a master that was silent for ten minutes expires, others are left alone") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const Interrupted left = leave_in_mid_build(host);
  // As if another master had done it.
  host.connect()->run("UPDATE masters SET name = ?, name_hash = ?", "other:/base", "0123").value();
  host.reopen(1599);
  CHECK(host.snapshot().reconciled_builds.empty());
  CHECK(host.snapshot().requests.at(0).claimed);
  CHECK(host.integer("SELECT count(*) FROM masters WHERE active = 1") == 2);
  const Written beat = write_now(host, writes::Heartbeat{1601});
  CHECK(beat.child_ids == std::vector{left.build.value});
  CHECK(host.integer("SELECT count(*) FROM masters WHERE active = 1") == 1);
  CHECK(host.integer("SELECT count(*) FROM buildrequest_claims") == 1);
  CHECK(host.integer("SELECT last_active FROM masters WHERE active = 1") == 1601);
}

TEST_CASE("classified changes come back in the snapshot until they are dropped") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const Written config = write_now(host, small_config());
  const SchedulerId scheduler(config.child_ids.at(4));
  std::vector<ChangeId> ids;
  for (int i = 0; i < 3; ++i) {
    writes::AddChange write;
    write.change.author = "a";
    write.change.revision = std::to_string(i);
    write.change.files = {"f" + std::to_string(i)};
    write.change.properties.set("p", i, "Change");
    Unit unit;
    const auto change = unit.add(write);
    unit.add(writes::ClassifyChange{scheduler, RowRef<ChangeId>::made_by(change), i != 1});
    ids.emplace_back(commit_now(host, std::move(unit))[change].id);
  }
  write_now(host, writes::SetSchedulerEnabled{scheduler, false});
  write_now(host, writes::DropClassifications{scheduler, {ids[0]}});
  host.reopen();
  const auto& classified = host.snapshot().classified_changes;
  REQUIRE(classified.size() == 2);
  CHECK(classified[0].change.id == ids[1]);
  CHECK_FALSE(classified[0].important);
  CHECK(classified[1].important);
  CHECK(classified[1].change.files == std::vector<std::string>{"f2"});
  CHECK(classified[1].change.properties.find("p")->value == Json(2));
  CHECK(classified[1].change.parent_changeids == std::vector{ids[1]});
  CHECK_FALSE(host.snapshot().schedulers.at(0).enabled);
}

TEST_CASE("an open request comes back with the newest change of its source stamps") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const BaseRows base = apply_small_config(host);
  writes::AddChange write;
  write.change.author = "older";
  write.change.revision = "r1";
  write_now(host, write);
  write.change.author = "newer";
  const Written change = write_now(host, write);
  writes::AddBuildset set = buildset_for({base.builders[0]});
  set.buildset.sourcestamps.assign(1, SourceStamp{});
  set.buildset.sourcestamps[0].id = SourceStampId(change.child_ids.at(0));
  write_now(host, set);
  host.reopen(2000);

  REQUIRE(host.snapshot().requests.size() == 1);
  const std::vector<Change>& changes = host.snapshot().buildsets.at(0).changes;
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].id == ChangeId(change.id));
  CHECK(changes[0].author == "newer");
}
