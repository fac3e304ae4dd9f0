// SPDX-License-Identifier: MIT
// Builds whose class has its say, and steps that a step makes by hand.
#include "core/script/build_steering.h"
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

using script::BuildSteering;

// Answers as the test says; keeps the questions that it does not answer at once.
class SteeringSession : public script::BuildSession, public BuildSteering {
 public:
  std::function<void(Results, Reply<Verdict>)> on_step;
  std::function<void(Ending, Reply<Ending>)> on_end = [](Ending ending, const Reply<Ending>& reply) { reply(ending); };

  void step_done(Results step, Reply<Verdict> reply) override { on_step(step, std::move(reply)); }
  void build_finished(Ending planned, Reply<Ending> reply) override { on_end(std::move(planned), std::move(reply)); }
  void property_changed(const Property&) override {}
  void close(Results) override {}
};

struct SteeringSetup : EngineHost {
  std::shared_ptr<SteeringSession> session = std::make_shared<SteeringSession>();
  std::shared_ptr<ScriptedWorker> worker;
  std::shared_ptr<ScriptedMaker> maker;

  void build_of(std::vector<std::shared_ptr<ScriptedStep>> scripted) {
    add_worker("w1");
    maker = use_scripted_steps(*add_builder("a", {"w1"}, {}), std::move(scripted));
    maker->on_open = [this](const Reply<script::OpenedBuild>& reply) {
      reply(script::OpenedBuild{session, {maker->steps.begin(), maker->steps.end()}, {}, {}});
    };
    add_force_scheduler();
    start();
    worker = connect("w1");
    force("a");
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const Step& step : steps(1)) found.push_back(step.name);
    return found;
  }
};

BuildSteering::Verdict verdict_of(Results results, bool terminate = false) {
  BuildSteering::Verdict verdict;
  verdict.results = results;
  verdict.terminate = terminate;
  return verdict;
}

std::shared_ptr<ScriptedStep> step_named(const std::string& name) { return std::make_shared<ScriptedStep>(name); }

}  // namespace

TEST_CASE("the class of a build decides how it goes on after a step") {
  SteeringSetup host;
  std::vector<Results> told;
  host.session->on_step = [&](Results step, const Reply<BuildSteering::Verdict>& reply) {
    told.push_back(step);
    BuildSteering::Verdict verdict = verdict_of(Results::warnings, told.size() == 2);
    verdict.properties.set("seen", Json(static_cast<std::int64_t>(told.size())), "Own");
    if (told.size() == 1) verdict.next_steps.push_back(step_named("added"));
    reply(verdict);
  };
  host.build_of({step_named("one"), step_named("never")});

  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "one", "added"});
  CHECK(told == std::vector<Results>{Results::success, Results::success});
  CHECK(host.build(1).results == Results::warnings);
  CHECK(host.journal.builds.at(BuildId(1)).properties.find("seen")->value == Json(2));
}

TEST_CASE("the class of a build may change how it ends") {
  SteeringSetup host;
  host.session->on_step = [](Results, const Reply<BuildSteering::Verdict>& reply) {
    reply(verdict_of(Results::success));
  };
  host.session->on_end = [](BuildSteering::Ending ending, const Reply<BuildSteering::Ending>& reply) {
    CHECK(ending.texts == std::vector<std::string>{"build successful"});
    reply(BuildSteering::Ending{Results::failure, {"not", "good"}});
  };
  host.build_of({step_named("one")});

  CHECK(host.build(1).results == Results::failure);
  CHECK(host.build(1).state_string == "not good");
}

TEST_CASE("a class that raises between steps ends the build as an exception") {
  SteeringSetup host;
  host.session->on_step = [](Results, const Reply<BuildSteering::Verdict>& reply) {
    reply(make_error(Errc::script, "Traceback ..."));
  };
  host.build_of({step_named("one"), step_named("never")});

  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "one"});
  CHECK(host.build(1).results == Results::exception);
}

TEST_CASE("a build whose class does not answer can be stopped; its late answer changes nothing") {
  SteeringSetup host;
  Reply<BuildSteering::Verdict> late;
  host.session->on_step = [&](Results, Reply<BuildSteering::Verdict> reply) { late = std::move(reply); };
  host.build_of({step_named("one"), step_named("never")});
  REQUIRE(late);
  CHECK_FALSE(host.build(1).complete);

  host.engine->stop_build(host.build(1).id, "enough", [](const Result<void>&) {});
  host.settle();
  CHECK_FALSE(host.build(1).complete);
  host.advance(31s);
  host.settle();

  CHECK(host.build(1).results == Results::cancelled);
  CHECK(host.build(1).state_string == "cancelled (enough)");
  late(verdict_of(Results::success));
  host.settle();
  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "one"});
}

TEST_CASE("an end that its class does not answer comes all the same") {
  SteeringSetup host;
  host.session->on_step = [](Results, const Reply<BuildSteering::Verdict>& reply) {
    reply(verdict_of(Results::warnings));
  };
  host.session->on_end = [](const BuildSteering::Ending&, const Reply<BuildSteering::Ending>&) {};
  host.build_of({step_named("one")});
  CHECK_FALSE(host.build(1).complete);

  host.advance(31s);
  host.settle();

  CHECK(host.build(1).results == Results::warnings);
}

TEST_CASE("a step makes others by hand, with logs and links") {
  EngineHost host;
  host.add_worker("w1");
  auto step = step_named("maker");
  std::optional<Step> made;
  step->on_run = [&](ScriptedStep& self, Reply<script::StepOutcome> reply) {
    script::SubStepHost* subs = self.host->sub_steps();
    subs->add("part", [&, subs, reply = std::move(reply)](const Result<Step>& row) {
      made = *row;
      subs->set_state_string(row->id, "working");
      subs->add_url(row->id, "docs", "http://localhost/", [](const Result<void>&) {});
      subs->add_log(row->id, "stdio", LogType::stream, [&, subs, reply](const Result<Log>& log) {
        self.host->append_log(log->id, 'o', "a line\n");
        subs->finish(made->id, Results::warnings, false, [&, subs, reply](const Result<void>& done) {
          CHECK(done.has_value());
          subs->finish(made->id, Results::success, false, [](const Result<void>& again) { CHECK_FALSE(again); });
          reply(script::StepOutcome{});
        });
      });
    });
  };
  use_scripted_steps(*host.add_builder("a", {"w1"}, {}), {step});
  host.add_force_scheduler();
  host.start();
  host.connect("w1");
  host.force("a");

  const Step part = host.step(1, "part");
  CHECK(part.number == 2);
  CHECK(part.complete);
  CHECK(part.results == Results::warnings);
  CHECK(part.state_string == "working");
  REQUIRE(part.urls.size() == 1);
  REQUIRE(host.logs(part.id).size() == 1);
  CHECK(host.logs(part.id)[0].complete);
  CHECK(host.logs(part.id)[0].num_lines == 1);
  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("steps made by hand that nobody finishes end with their maker") {
  EngineHost host;
  host.add_worker("w1");
  auto step = step_named("maker");
  step->on_run = [&](ScriptedStep& self, Reply<script::StepOutcome> reply) {
    self.host->sub_steps()->add("part", [&, reply = std::move(reply)](const Result<Step>& row) {
      self.host->sub_steps()->add_log(row->id, "stdio", LogType::text, [&, reply](const Result<Log>& log) {
        self.host->append_log(log->id, 'o', "half a line");
        self.host->sub_steps()->add("other", [reply](const Result<Step>&) { reply(script::StepOutcome{}); });
      });
    });
  };
  use_scripted_steps(*host.add_builder("a", {"w1"}, {}), {step, step_named("next")});
  host.add_force_scheduler();
  host.start();
  host.connect("w1");
  host.force("a");

  for (const char* name : {"part", "other"}) {
    INFO(name);
    CHECK(host.step(1, name).complete);
    CHECK(host.step(1, name).results == Results::exception);
    CHECK(host.step(1, name).state_string == "not finished by its maker");
  }
  CHECK(host.logs(host.step(1, "part").id)[0].complete);
  CHECK(host.step(1, "next").results == Results::success);
  CHECK(host.build(1).results == Results::success);
}
