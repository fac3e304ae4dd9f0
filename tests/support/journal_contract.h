// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/model/journal.h"

// What every Journal keeps to. Include it in a test of one and call check_journal_contract with a fresh, empty one.
namespace kiln::testing {

class JournalHost {
 public:
  virtual ~JournalHost() = default;
  virtual Journal& journal() = 0;
  // Runs what the journal posts to the loop until `done` holds. False: it did not within some seconds.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

// Commits and waits for the effects.
inline Committed commit_now(JournalHost& host, Unit unit) {
  bool done = false;
  Committed committed;
  unit.then([&](const Committed& written) {
    committed = written;
    done = true;
  });
  host.journal().commit(std::move(unit));
  REQUIRE(host.run_until([&] { return done; }));
  return committed;
}
inline Written write_now(JournalHost& host, Write write) {
  Unit unit;
  unit.add(std::move(write));
  const Committed committed = commit_now(host, std::move(unit));
  REQUIRE(committed.size() == 1);
  return committed.front();
}

struct BaseRows {
  std::vector<BuilderId> builders;
  std::vector<WorkerId> workers;
};

inline writes::ApplyConfig small_config() {
  writes::ApplyConfig config;
  config.builders.push_back({.name = "one",
                             .description = {},
                             .description_format = {},
                             .description_html = {},
                             .tags = {"fast", "nightly"},
                             .worker_names = {"w1", "w2"}});
  config.builders.push_back({.name = "two",
                             .description = "The second",
                             .description_format = {},
                             .description_html = {},
                             .tags = {},
                             .worker_names = {"w2"}});
  config.workers = {{"w1", "buildbot.worker.base.Worker"}, {"w2", "buildbot.worker.base.Worker"}};
  config.schedulers = {{"force", "buildbot.schedulers.forcesched.ForceScheduler"}};
  config.change_sources = {{"poller", "buildbot.changes.gitpoller.GitPoller"}};
  return config;
}

inline BaseRows apply_small_config(JournalHost& host) {
  const Written written = write_now(host, small_config());
  REQUIRE(written.child_ids.size() == 6);
  return {{BuilderId(written.child_ids[0]), BuilderId(written.child_ids[1])},
          {WorkerId(written.child_ids[2]), WorkerId(written.child_ids[3])}};
}

inline writes::AddBuildset buildset_for(const std::vector<BuilderId>& builders, const std::string& revision = "r1") {
  writes::AddBuildset write;
  write.buildset.reason = "because";
  write.buildset.submitted_at = 1000;
  SourceStamp& stamp = write.buildset.sourcestamps.emplace_back();
  stamp.branch = "main";
  stamp.revision = revision;
  stamp.repository = "file:///repo";
  write.properties.set("owner", "me", "Force");
  for (const BuilderId builder : builders) write.requests.push_back({builder, 0});
  return write;
}

inline writes::AddBuild build_of(BuilderId builder, std::int64_t request, WorkerId worker) {
  return {.builder = builder, .request = RequestId(request), .worker = worker, .started_at = 1001, .state_string = "created"};
}

inline void check_effects_and_order(JournalHost& host) {
  std::vector<std::string> ran;
  const auto note = [&](std::string text) { return [&ran, text](const Committed&) { ran.push_back(text); }; };
  for (int i = 0; i < 3; ++i) {
    Unit unit;
    if (i != 1) unit.add(writes::SetState{"object", "class", "key", i});  // one without writes keeps its place
    unit.then(note(std::to_string(i) + "a"));
    unit.then(note(std::to_string(i) + "b"));
    host.journal().commit(std::move(unit));
    REQUIRE(ran.empty());  // never from inside commit()
  }
  REQUIRE(host.run_until([&] { return ran.size() >= 6; }));
  CHECK(ran == std::vector<std::string>{"0a", "0b", "1a", "1b", "2a", "2b"});
  // What an effect commits comes after all that was queued.
  ran.clear();
  Unit outer;
  outer.then([&](const Committed&) {
    ran.push_back("outer");
    Unit inner;
    inner.add(writes::SetState{"object", "class", "key", "inner"});
    inner.then(note("inner"));
    host.journal().commit(std::move(inner));
  });
  host.journal().commit(std::move(outer));
  Unit next;
  next.then(note("next"));
  host.journal().commit(std::move(next));
  REQUIRE(host.run_until([&] { return ran.size() >= 3; }));
  CHECK(ran == std::vector<std::string>{"outer", "next", "inner"});
}

inline void check_states_of_objects(JournalHost& host) {
  const std::int64_t object = write_now(host, writes::FindObject{"poller", "Poller"}).id;
  CHECK(object > 0);
  CHECK(write_now(host, writes::FindObject{"poller", "Poller"}).id == object);
  CHECK(write_now(host, writes::FindObject{"poller", "Other"}).id != object);
  CHECK(write_now(host, writes::SetObjectState{object, "last", Json(1), true}).ok);
  CHECK_FALSE(write_now(host, writes::SetObjectState{object, "last", Json(2), true}).ok);
  CHECK(write_now(host, writes::SetObjectState{object, "last", Json(3), false}).ok);
}

inline void check_slots_and_numbers(JournalHost& host) {
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0], base.builders[1]}));
  REQUIRE(set.child_ids.size() == 3);  // two requests, one sourcestamp
  Unit unit;
  const auto build = unit.add(build_of(base.builders[0], set.child_ids[0], base.workers[0]));
  unit.add(writes::SetBuildProperties{RowRef<BuildId>::made_by(build), {{"a", 1, "Test"}, {"b", "x", "Test"}}});
  const auto step = unit.add(writes::AddStep{
      .build = RowRef<BuildId>::made_by(build), .number = 0, .name = "compile", .state_string = "pending", .started_at = {}, .locks_acquired_at = {}});
  const auto log = unit.add(writes::AddLog{RowRef<StepId>::made_by(step), "stdio", "stdio", LogType::stream});
  const Committed first = commit_now(host, std::move(unit));
  REQUIRE(first.size() == 4);
  CHECK(first[build].id > 0);
  CHECK(first[build].number == 1);
  CHECK(first[step].id > 0);
  CHECK(first[log].id > 0);
  const Written second = write_now(host, build_of(base.builders[0], set.child_ids[0], base.workers[0]));
  CHECK(second.number == 2);
  CHECK(second.id > first[build].id);
  const Written other = write_now(host, build_of(base.builders[1], set.child_ids[1], base.workers[0]));
  CHECK(other.number == 1);
}

inline void check_buildsets(JournalHost& host) {
  const BaseRows base = apply_small_config(host);
  const Written first = write_now(host, buildset_for({base.builders[0]}));
  const Written same_sources = write_now(host, buildset_for({base.builders[0]}));
  const Written other_sources = write_now(host, buildset_for({base.builders[0]}, "r2"));
  CHECK(first.child_ids[0] != same_sources.child_ids[0]);
  CHECK(first.child_ids[1] == same_sources.child_ids[1]);
  CHECK(first.child_ids[1] != other_sources.child_ids[1]);

  const writes::CompleteRequests complete{{RequestId(first.child_ids[0])}, Results::failure, 1010};
  CHECK(write_now(host, complete).child_ids == std::vector{first.child_ids[0]});
  CHECK(write_now(host, complete).child_ids.empty());
  const writes::CompleteBuildset finish{BuildsetId(first.id), Results::failure, 1010};
  CHECK(write_now(host, finish).ok);
  CHECK_FALSE(write_now(host, finish).ok);
  // Without requests it is complete from the start.
  CHECK_FALSE(write_now(host, writes::CompleteBuildset{BuildsetId(write_now(host, buildset_for({})).id), Results::success, 1010}).ok);
}

inline void check_claims(JournalHost& host) {
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0], base.builders[1]}));
  const RequestId a(set.child_ids[0]);
  const RequestId b(set.child_ids[1]);
  CHECK(write_now(host, writes::ClaimRequests{{a}, 1002}).ok);
  CHECK_FALSE(write_now(host, writes::ClaimRequests{{b, a}, 1003}).ok);
  CHECK(write_now(host, writes::ClaimRequests{{b}, 1004}).ok);  // nothing was left of the failed one
  write_now(host, writes::UnclaimRequests{{a, b}});
  CHECK(write_now(host, writes::ClaimRequests{{a, b}, 1005}).ok);
}

inline void check_configuration(JournalHost& host) {
  const Written first = write_now(host, small_config());
  const Written again = write_now(host, small_config());
  CHECK(first.child_ids == again.child_ids);
  writes::ApplyConfig reversed = small_config();
  std::swap(reversed.builders[0], reversed.builders[1]);
  const Written swapped = write_now(host, reversed);
  CHECK(swapped.child_ids[0] == first.child_ids[1]);
  CHECK(swapped.child_ids[1] == first.child_ids[0]);
}

inline void check_changes(JournalHost& host) {
  writes::AddChange write;
  write.change.author = "Ann <ann@x.org>";
  write.change.branch = "main";
  write.change.revision = "abc";
  write.change.repository = "file:///repo";
  write.change.files = {"a.c"};
  write.src = "git";
  const Written first = write_now(host, write);
  const Written second = write_now(host, write);
  CHECK(first.id > 0);
  CHECK(second.id > first.id);
  REQUIRE(first.child_ids.size() == 1);
  CHECK(first.child_ids == second.child_ids);
  // A change is classified in the unit that makes it.
  const Written config = write_now(host, small_config());
  Unit unit;
  const auto change = unit.add(write);
  unit.add(writes::ClassifyChange{SchedulerId(config.child_ids[4]), RowRef<ChangeId>::made_by(change), true});
  CHECK(commit_now(host, std::move(unit))[change].id > second.id);
}

// Each in a fresh journal.
using MakeJournalHost = std::function<std::unique_ptr<JournalHost>()>;

inline void check_journal_contract(const MakeJournalHost& make) {
  SECTION("effects run after the commit, once, in order") { check_effects_and_order(*make()); }
  SECTION("later writes of a unit refer to rows made by earlier ones") { check_slots_and_numbers(*make()); }
  SECTION("buildsets complete once, sourcestamps are shared") { check_buildsets(*make()); }
  SECTION("claims are all or none") { check_claims(*make()); }
  SECTION("a configuration's rows are found again by name") { check_configuration(*make()); }
  SECTION("changes share sourcestamps and are classified") { check_changes(*make()); }
  SECTION("objects are found again, their states set or set once") { check_states_of_objects(*make()); }
}

}  // namespace kiln::testing
