// SPDX-License-Identifier: MIT
#include "core/engine/schedulers.h"
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct SchedulerHost : EngineHost {
  SchedulerHost() {
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
    scheduler = add_change_scheduler("s", {"a"});
  }
  std::vector<std::string> revisions() const {
    std::vector<std::string> found;
    for (const auto& [id, row] : journal.buildsets) found.push_back(row.sourcestamps[0].revision.value_or("none"));
    return found;
  }
  std::shared_ptr<script::SchedulerConfig> scheduler;
};

// Important unless the revision says otherwise.
class RevisionHooks : public script::SchedulerHooks {
 public:
  void classify(const Change& change, Reply<script::Importance> reply) override {
    if (change.revision == "held") {
      held = std::move(reply);
    } else if (change.revision == "broken") {
      reply(make_error(Errc::script, "boom"));
    } else if (change.revision == "ignored") {
      reply(script::Importance::ignored);
    } else {
      reply(change.revision == "doc" ? script::Importance::unimportant : script::Importance::important);
    }
  }
  Reply<script::Importance> held;
};

}  // namespace

TEST_CASE("a change that passes the filter becomes a buildset at once") {
  SchedulerHost host;
  host.scheduler->properties.set("p", "from scheduler", "Scheduler");
  host.start();

  host.change("r1");

  const Buildset& buildset = host.journal.buildsets.at(BuildsetId(1));
  CHECK(buildset.reason == "The SingleBranchScheduler scheduler named 's' triggered this build");
  CHECK(buildset.sourcestamps[0].revision == "r1");
  CHECK(buildset.sourcestamps[0].id == SourceStampId(1));
  const Properties& properties = host.journal.buildset_properties.at(BuildsetId(1));
  CHECK(properties.find("p")->source == "Scheduler");
  CHECK(properties.find("scheduler")->value == Json("s"));
  CHECK(host.journal.classifications.empty());
  CHECK(host.events.lines({"changes", "buildsets"}) ==
        std::vector<std::string>{"changes/1/new", "buildsets/1/new none"});
}

TEST_CASE("a change that does not pass the filter is only stored") {
  SchedulerHost host;
  host.start();
  host.change("r1", "other");

  CHECK(host.journal.changes.size() == 1);
  CHECK(host.journal.buildsets.empty());
}

TEST_CASE("a change of a codebase that the scheduler does not have is ignored") {
  SchedulerHost host;
  host.start();
  host.change("r1", "main", "elsewhere");

  CHECK(host.journal.buildsets.empty());
}

TEST_CASE("conditions of a filter must all hold") {
  Change change;
  change.branch = "main";
  change.project = "p";
  using Condition = script::NativeChangeFilter::Condition;
  const auto with = [](std::vector<Condition> conditions) { return script::NativeChangeFilter{std::move(conditions)}; };

  CHECK(engine::passes(with({}), change));
  CHECK(engine::passes(with({{"branch", {"main", "dev"}, false}, {"project", {"p"}, false}}), change));
  CHECK_FALSE(engine::passes(with({{"branch", {"main"}, false}, {"project", {"q"}, false}}), change));
  CHECK_FALSE(engine::passes(with({{"branch", {"main"}, true}}), change));
  CHECK(engine::passes(with({{"category", {std::nullopt}, false}}), change));
  change.branch.reset();
  CHECK(engine::passes(with({{"branch", {std::nullopt}, false}}), change));
}

TEST_CASE("with a tree-stable timer changes wait until nothing changes any more, and are built together") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 60s;
  host.start();

  host.change("r1");
  host.advance(59s);
  host.change("r2");
  host.advance(59s);
  CHECK(host.journal.buildsets.empty());
  CHECK(host.journal.classifications.size() == 2);
  host.advance(1s);

  CHECK(host.revisions() == std::vector<std::string>{"r2"});
  CHECK(host.journal.classifications.empty());
}

TEST_CASE("a clock that is set neither loses nor hurries changes that wait for a stable tree") {
  const auto jump = GENERATE(-24h, 24h);
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 60s;
  host.start();
  host.change("1");
  host.advance(30s);
  host.clock.jump(jump);
  host.change("2");
  host.advance(59s);
  CHECK(host.revisions().empty());
  host.advance(1s);
  CHECK(host.revisions() == std::vector<std::string>{"2"});
  host.advance(48h);
  CHECK(host.revisions().size() == 1);
}

TEST_CASE("changes that wait for a stable tree survive a restart") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 60s;
  host.start();
  host.change("r1");
  host.change("r2");

  host.restart();
  host.advance(59s);
  CHECK(host.journal.buildsets.empty());
  host.advance(1s);

  CHECK(host.revisions() == std::vector<std::string>{"r2"});
}

TEST_CASE("a change whose buildset was not stored when the master was killed is built after the restart") {
  SchedulerHost host;
  host.start();
  host.journal.hold(true);
  host.journal.let_through(1);
  host.change("r1");
  REQUIRE(host.journal.changes.size() == 1);
  REQUIRE(host.journal.buildsets.empty());
  host.journal.hold(false);

  host.restart();

  CHECK(host.revisions() == std::vector<std::string>{"r1"});
}

TEST_CASE("each codebase gets the newest change of its own, others their defaults") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 10s;
  host.scheduler->codebases = {{"app", {}}, {"lib", {"stable", "v1", "file:///lib", "p"}}, {"tool", {}}};
  host.start();
  host.change("a1", "main", "app");
  host.change("t1", "main", "tool");
  host.change("a2", "main", "app");
  host.advance(10s);

  const auto& stamps = host.journal.buildsets.at(BuildsetId(1)).sourcestamps;
  REQUIRE(stamps.size() == 3);
  CHECK(stamps[0].revision == "a2");
  CHECK(stamps[1].branch == "stable");
  CHECK(stamps[1].revision == "v1");
  CHECK(stamps[1].repository == "file:///lib");
  CHECK(stamps[2].revision == "t1");
}

TEST_CASE("unimportant changes wait for an important one") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 10s;
  host.scheduler->hooks = std::make_shared<RevisionHooks>();
  host.start();

  host.change("doc");
  host.advance(60s);
  CHECK(host.journal.buildsets.empty());
  host.change("r1");
  host.advance(5s);
  host.change("doc");  // restarts the timer since it is running
  host.advance(9s);
  CHECK(host.journal.buildsets.empty());
  host.advance(1s);

  CHECK(host.journal.buildsets.size() == 1);
  CHECK(host.journal.classifications.empty());
}

TEST_CASE("onlyImportant forgets unimportant changes") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 10s;
  host.scheduler->only_important = true;
  host.scheduler->hooks = std::make_shared<RevisionHooks>();
  host.start();
  host.change("doc");

  CHECK(host.journal.classifications.empty());
}

TEST_CASE("without a timer only important changes are built, and a filter that raises ignores its change") {
  SchedulerHost host;
  host.scheduler->hooks = std::make_shared<RevisionHooks>();
  host.start();
  for (const char* revision : {"doc", "ignored", "broken", "r1"}) host.change(revision);

  CHECK(host.revisions() == std::vector<std::string>{"r1"});
}

TEST_CASE("a change judged late is built late, and not at all when the scheduler was disabled meanwhile") {
  SchedulerHost host;
  const auto hooks = std::make_shared<RevisionHooks>();
  host.scheduler->hooks = hooks;
  host.start();
  host.change("held");
  const bool enabled = GENERATE(true, false);
  host.engine->enable_scheduler(SchedulerId(1), enabled, [](Result<void> done) { REQUIRE(done); });
  host.settle();

  hooks->held(script::Importance::important);
  host.settle();

  CHECK(host.journal.buildsets.size() == (enabled ? 1 : 0));
}

TEST_CASE("a disabled scheduler does nothing, also after a restart") {
  SchedulerHost host;
  host.start();
  host.engine->enable_scheduler(SchedulerId(1), false, [](Result<void> done) { REQUIRE(done); });
  host.settle();
  CHECK(host.events.count("schedulers/1/updated false") == 1);
  host.change("r1");
  host.restart();
  host.change("r2");
  CHECK(host.journal.buildsets.empty());

  host.engine->enable_scheduler(SchedulerId(1), true, [](Result<void> done) { REQUIRE(done); });
  host.settle();
  host.change("r3");
  CHECK(host.revisions() == std::vector<std::string>{"r3"});
}

TEST_CASE("a scheduler that was removed keeps nothing running") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 10s;
  host.start();
  host.change("r1");

  host.config->schedulers.clear();
  host.apply();
  host.advance(60s);

  CHECK(host.journal.buildsets.empty());
}

TEST_CASE("a form is refused with the fields that are wrong") {
  SchedulerHost host;
  host.add_force_scheduler();
  host.start();
  std::vector<Error> errors;
  const auto note = [&](Result<engine::ForceResult> done) { errors.push_back(done.error()); };

  host.engine->force("force", "me", {"a"}, {{"bad", 1}}, note);
  host.engine->force("nobody", "me", {"a"}, {}, note);
  host.engine->force("s", "me", {"a"}, {}, note);
  host.engine->force("force", "me", {"nothing"}, {}, note);

  REQUIRE(errors.size() == 4);
  CHECK(errors[0].code == Errc::bad_input);
  CHECK(errors[0].what == R"({"bad":"not this"})");
  for (std::size_t i = 1; i < 4; ++i) CHECK(errors[i].code == Errc::not_found);
}

TEST_CASE("the scheduler's own properties beat those of the form") {
  SchedulerHost host;
  host.add_force_scheduler();
  std::const_pointer_cast<script::SchedulerConfig>(host.config->schedulers[1])->properties.set("x", "own", "Scheduler");
  host.start();
  host.force("a", {{"x", "form"}, {"y", "form"}});

  const Properties& properties = host.journal.buildset_properties.at(BuildsetId(1));
  CHECK(properties.find("x")->value == Json("own"));
  CHECK(properties.find("y")->source == "Force Build Form");
  CHECK(properties.find("scheduler")->value == Json("force"));
}

TEST_CASE("a buildset for no builder is complete at once") {
  SchedulerHost host;
  host.scheduler->builder_names = {"gone"};
  host.start();
  host.change("r1");

  CHECK(host.journal.buildsets.at(BuildsetId(1)).complete);
  CHECK(host.events.lines({"buildsets"}) == std::vector<std::string>{"buildsets/1/new none", "buildsets/1/complete 0"});
}

TEST_CASE("AnyBranchScheduler waits and builds for each branch, repository and project by itself") {
  SchedulerHost host;
  host.scheduler->kind = script::SchedulerConfig::Kind::any_branch;
  host.scheduler->filter = {};
  host.scheduler->tree_stable_timer = 10s;
  host.start();
  host.change("m1", "main");
  host.change("d1", "dev");
  host.advance(6s);
  host.change("m2", "main");
  host.advance(4s);
  CHECK(host.revisions() == std::vector<std::string>{"d1"});
  host.restart();
  host.advance(10s);

  CHECK(host.revisions() == std::vector<std::string>{"d1", "m2"});
  CHECK(host.journal.classifications.empty());
}

TEST_CASE("AnyBranchScheduler without a timer builds each change") {
  SchedulerHost host;
  host.scheduler->kind = script::SchedulerConfig::Kind::any_branch;
  host.scheduler->filter = {};
  host.start();
  for (const char* branch : {"main", "dev"}) host.change(branch, branch);
  CHECK(host.revisions() == std::vector<std::string>{"main", "dev"});
}

TEST_CASE("absolute source stamps give other codebases the last revision that was seen of them") {
  SchedulerHost host;
  host.scheduler->absolute_stamps = true;
  host.scheduler->codebases = {{"app", {}}, {"lib", {"stable", std::nullopt, "file:///lib", ""}}};
  host.start();
  host.change("a1", "main", "app");
  host.restart();
  host.change("l1", "main", "lib");

  const auto& first = host.journal.buildsets.at(BuildsetId(1)).sourcestamps;
  CHECK(first[1].branch == "stable");
  const auto& second = host.journal.buildsets.at(BuildsetId(2)).sourcestamps;
  CHECK(second[0].revision == "a1");
  CHECK(second[1].revision == "l1");
}

TEST_CASE("a scheduler whose kind changes goes on as the new one") {
  SchedulerHost host;
  host.scheduler->tree_stable_timer = 10s;
  host.start();
  host.change("r1");
  host.scheduler->kind = script::SchedulerConfig::Kind::triggerable;
  host.apply();
  host.advance(60s);
  host.change("r2");
  CHECK(host.journal.buildsets.empty());
}
