// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

struct StepHostSetup : EngineHost {
  StepHostSetup() { add_worker("w1"); }
  // Builds a builder of shell steps whose commands end with the return code that is their command.
  void build_shells(std::vector<script::NativeShell> shells) {
    add_builder("a", {"w1"}, std::move(shells));
    add_force_scheduler();
    start();
    worker = connect("w1");
    worker->on_command = [this](const ScriptedWorker::Command& command) {
      worker->finish(command.id, std::stoi(std::string(command.args.at("command").as_string())));
    };
    force("a");
  }
  std::shared_ptr<ScriptedMaker> build_scripted(std::vector<std::shared_ptr<ScriptedStep>> scripted) {
    auto maker = use_scripted_steps(*add_builder("a", {"w1"}, {}), std::move(scripted));
    add_force_scheduler();
    start();
    worker = connect("w1");
    force("a");
    return maker;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const Step& step : steps(1)) found.push_back(step.name);
    return found;
  }
  std::shared_ptr<ScriptedWorker> worker;
};

std::shared_ptr<ScriptedStep> scripted(const std::string& name) { return std::make_shared<ScriptedStep>(name); }

// A step whose run() the test ends.
struct HeldStep {
  std::shared_ptr<ScriptedStep> step;
  std::shared_ptr<Reply<script::StepOutcome>> reply = std::make_shared<Reply<script::StepOutcome>>();

  explicit HeldStep(const std::string& name) : step(scripted(name)) {
    step->on_run = [held = reply](ScriptedStep&, Reply<script::StepOutcome> run) { *held = std::move(run); };
  }
  void end(Results results = Results::success) const {
    std::exchange(*reply, nullptr)(script::StepOutcome{results, std::nullopt});
  }
};

}  // namespace

TEST_CASE("steps of one name get numbers behind it") {
  StepHostSetup host;
  host.build_shells({shell_step("x", "0"), shell_step("x", "0"), shell_step("x_1", "0"), shell_step("x", "0")});

  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "x", "x_1", "x_1_1", "x_2"});
}

TEST_CASE("haltOnFailure ends the build except for always-run steps") {
  StepHostSetup host;
  auto failing = shell_step("failing", "1");
  failing.flags.halt_on_failure = true;
  auto always = shell_step("always", "0");
  always.always_run = true;
  host.build_shells({failing, shell_step("never", "0"), always});

  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "failing", "always"});
  CHECK(host.build(1).results == Results::failure);
  CHECK(host.build(1).state_string == "failed '1' (failure)");
}

TEST_CASE("a failure without haltOnFailure goes on and fails the build") {
  StepHostSetup host;
  host.build_shells({shell_step("failing", "1"), shell_step("next", "0")});

  CHECK(host.names().size() == 3);
  CHECK(host.build(1).results == Results::failure);
}

TEST_CASE("flags turn a step's failure into warnings or nothing") {
  StepHostSetup host;
  auto soft = shell_step("soft", "1");
  soft.flags.flunk_on_failure = false;
  soft.flags.warn_on_failure = GENERATE(true, false);
  const bool warns = soft.flags.warn_on_failure;
  soft.build_summary_policy.clear();
  host.build_shells({soft});

  CHECK(host.build(1).results == (warns ? Results::warnings : Results::success));
  CHECK(host.build(1).state_string == (warns ? "warnings" : "build successful"));
}

TEST_CASE("texts of steps whose result is in their policy make the build's text") {
  StepHostSetup host;
  auto good = shell_step("good", "0");
  good.build_summary_policy = {Results::success};
  good.description_done = Json("all good");
  host.build_shells({good, shell_step("bad", "1")});

  CHECK(host.build(1).state_string == "failed all good '1' (failure)");
  CHECK(host.events.count("builds/1/update none: all good") == 2);  // also as the beginning of the second
}

TEST_CASE("a build without steps is successful") {
  StepHostSetup host;
  host.build_shells({});

  CHECK(host.build(1).state_string == "build successful");
  CHECK(host.build(1).results == Results::success);
}

TEST_CASE("a build's properties follow upstream's precedence") {
  StepHostSetup host;
  const auto builder = host.add_builder("a", {"w1"}, {});
  host.config->properties.set("x", "global", "cfg");
  host.config->properties.set("g", "global", "cfg");
  builder->properties.set("x", "builder", "?");
  builder->default_properties.set("g", "unused", "?");
  builder->default_properties.set("bd", "builder default", "?");
  const auto worker_config = std::const_pointer_cast<script::WorkerConfig>(host.config->workers[0]);
  worker_config->properties.set("w", "worker", "?");
  worker_config->default_properties.set("x", "unused", "?");
  host.add_force_scheduler();
  host.start();
  host.connect("w1", 0);
  host.force("a", {{"x", "form"}, {"f", "form"}});

  const Properties& properties = host.journal.builds.at(BuildId(1)).properties;
  const auto shown = [&](const char* name) {
    const Property* p = properties.find(name);
    return p == nullptr ? std::string("none") : dump_json(p->value) + " " + p->source;
  };
  CHECK(shown("x") == "\"builder\" Builder");
  CHECK(shown("g") == "\"global\" cfg");
  CHECK(shown("bd") == "\"builder default\" Builder");
  CHECK(shown("w") == "\"worker\" Worker");
  CHECK(shown("f") == "\"form\" Force Build Form");
  CHECK(shown("buildername") == "\"a\" Builder");
  CHECK(shown("workername") == "\"w1\" Worker");
  CHECK(shown("buildnumber") == "1 Build");
  CHECK(shown("branch") == "\"main\" Build");
  CHECK(shown("revision") == "null Build");
  CHECK(shown("owners") == "[\"me\"] Build");
  CHECK(shown("scheduler") == "\"force\" Scheduler");
  CHECK(shown("basedir") == "\"/w/w1\" Worker");
  CHECK(shown("builddir") == "\"/w/w1/a\" Worker");
}

TEST_CASE("Python steps are made once for each build and told when it is over") {
  StepHostSetup host;
  const auto step = scripted("own");
  const auto maker = host.build_scripted({step});

  CHECK(step->calls == std::vector<std::string>{"prepare", "run", "finish success"});
  REQUIRE(maker->context);
  CHECK(maker->context->number == 1);
  CHECK(maker->context->worker_name == "w1");
  CHECK(maker->context->reason == "because");
  CHECK(maker->context->properties.find("builddir") != nullptr);
  CHECK(maker->closed == std::vector{Results::success});
}

TEST_CASE("native and Python steps of one factory run in its order") {
  StepHostSetup host;
  const auto builder = host.add_builder("a", {"w1"}, {shell_step("n1", "x")});
  const auto p1 = scripted("p1");
  const auto p2 = scripted("p2");
  use_scripted_steps(*builder, {p1, p2});
  std::swap(builder->steps[0], builder->steps[1]);  // p1, n1, p2
  host.add_force_scheduler();
  host.start();
  host.connect("w1", 0);
  host.force("a");

  CHECK(host.names() == std::vector<std::string>{"worker_preparation", "p1", "n1", "p2"});
}

TEST_CASE("what a step wrote is stored before the next Python step prepares") {
  StepHostSetup host;
  const auto first = scripted("first");
  const auto second = scripted("second");
  bool first_was_stored = false;
  second->on_prepare = [&](ScriptedStep& step, const Reply<script::PreparedStep>& reply) {
    first_was_stored = host.step(1, "first").complete;
    reply(step.prepared());
  };
  host.build_scripted({first, second});

  CHECK(first_was_stored);
}

TEST_CASE("steps that cannot be made end the build as exception") {
  StepHostSetup host;
  const auto builder = host.add_builder("a", {"w1"}, {});
  const auto maker = use_scripted_steps(*builder, {scripted("never")});
  maker->on_open = [](const Reply<script::OpenedBuild>& reply) { reply(make_error(Errc::script, "Traceback: bad init")); };
  host.add_force_scheduler();
  host.start();
  host.connect("w1");
  host.force("a");

  CHECK(host.build(1).results == Results::exception);
  CHECK(host.build(1).state_string == "Build.setupBuild failed");
  CHECK(host.step(1, "worker_preparation").state_string == "error while setupBuild");
  CHECK(host.log_text(1, "worker_preparation", "err.text") == "Traceback: bad init\n");
}

TEST_CASE("what a step raises is told in logs, wherever it raised") {
  StepHostSetup host;
  const auto step = scripted("own");
  SECTION("while it prepared") {
    step->on_prepare = [](ScriptedStep& self, const Reply<script::PreparedStep>& reply) {
      auto prepared = self.prepared();
      prepared.error = "Traceback\nboom";
      reply(std::move(prepared));
    };
  }
  SECTION("while it ran") {
    step->on_run = [](ScriptedStep&, const Reply<script::StepOutcome>& reply) {
      reply(script::StepOutcome{Results::exception, "Traceback\nboom"});
    };
  }
  SECTION("while it finished") {
    step->on_finish = [](ScriptedStep&, Results, const Reply<script::StepEnd>& reply) {
      auto end = ScriptedStep::end(Results::exception);
      end.error = "Traceback\nboom";
      reply(std::move(end));
    };
  }
  SECTION("when Python is broken") {
    step->on_run = [](ScriptedStep&, const Reply<script::StepOutcome>& reply) {
      reply(make_error(Errc::script, "Traceback\nboom"));
    };
  }
  host.build_scripted({step});

  CHECK(host.step(1, "own").results == Results::exception);
  CHECK(host.step(1, "own").state_string == "finished (exception)");
  CHECK(host.log_text(1, "own", "err.text") == "Traceback\nboom\n");
  CHECK(host.build(1).results == Results::exception);
}

TEST_CASE("a step's logs have unique slugs, whole lines and their stream") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  std::vector<Log> logs;
  const auto note = [&](Result<Log> log) { logs.push_back(*log); };
  held.step->host->add_log("out put", LogType::stream, note);
  held.step->host->add_log("out_put", LogType::text, note);
  host.settle();
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].slug == "out_put");
  CHECK(logs[1].slug == "out_put_2");

  script::StepHost& step = *held.step->host;
  step.append_log(logs[0].id, 'o', "par");
  step.append_log(logs[0].id, 'e', "error\n");
  step.append_log(logs[0].id, 'o', "tial\r\nnext\n");
  step.append_log(logs[0].id, 'h', "head");
  step.append_log(logs[1].id, 'o', "plain\nlast");
  held.end();
  host.settle();

  CHECK(host.log_text(1, "own", "out put") == "eerror\nopartial\nonext\nhhead\n");
  CHECK(host.log_text(1, "own", "out_put") == "plain\nlast\n");
  CHECK(host.journal.logs.at(logs[0].id).num_lines == 4);
  CHECK(host.journal.logs.at(logs[1].id).num_lines == 2);
}

TEST_CASE("watchers get every chunk and then the end, before the command's reply") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  script::StepHost& step = *held.step->host;
  std::vector<std::string> seen;
  LogId log;
  step.add_log("stdio", LogType::stream, [&](Result<Log> added) { log = added->id; });
  host.settle();
  step.watch_log(log, [&](const LogChunkPtr& chunk) { seen.push_back(chunk ? chunk->text : "end"); });
  script::CommandRequest request;
  request.name = "shell";
  request.stdio = log;
  request.collect_stdout = true;
  std::string collected;
  step.run_command(std::move(request), [&](Result<script::CommandOutcome> outcome) {
    seen.emplace_back("reply");
    collected = outcome->collected_stdout;
  });
  host.worker->running()->output("one\ntwo");
  host.worker->finish(0);
  held.end();
  host.settle();

  CHECK(seen == std::vector<std::string>{"oone\n", "hprogram finished with exit code 0\n", "otwo\n", "reply", "end"});
  CHECK(collected == "one\ntwo");
}

TEST_CASE("a log that was finished early takes no more text") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  script::StepHost& step = *held.step->host;
  LogId log;
  step.add_log("early", LogType::text, [&](Result<Log> added) { log = added->id; });
  host.settle();
  step.append_log(log, 'o', "text");
  bool is_finished = false;
  step.finish_log(log, [&](Result<void> done) { is_finished = done.has_value(); });
  host.settle();
  CHECK(is_finished);
  CHECK(host.journal.logs.at(log).complete);
  step.append_log(log, 'o', "late\n");
  held.end();
  host.settle();

  CHECK(host.log_text(1, "own", "early") == "text\n");
}

TEST_CASE("viewers of a growing log hear of new lines at most four times a second") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  LogId log;
  held.step->host->add_log("stdio", LogType::stream, [&](Result<Log> added) { log = added->id; });
  host.settle();
  for (int i = 0; i < 100; ++i) {
    held.step->host->append_log(log, 'o', "line\n");
    host.advance(10ms);
  }

  CHECK(host.events.count("/append stdio") <= 4);
  CHECK(host.events.count("/append stdio") >= 3);
  held.end();
  host.settle();
  CHECK(host.events.lines({"logs/1/"}).back() == "logs/1/finished stdio 100");
}

TEST_CASE("properties of a step are saved when it is over") {
  StepHostSetup host;
  const HeldStep held("own");
  const auto maker = host.build_scripted({held.step});
  held.step->host->set_property("p", Json(1), "own", true);
  held.step->host->set_property("p", Json(2), "own", true);
  host.settle();
  CHECK(host.journal.builds.at(BuildId(1)).properties.find("p") == nullptr);
  held.end();
  host.settle();

  CHECK(host.journal.builds.at(BuildId(1)).properties.find("p")->value == Json(2));
  CHECK(host.events.count("builds/1/properties/update basedir builddir p") == 1);
  CHECK(maker->mirrored.empty());  // Python knows what it set
}

TEST_CASE("Python is told the build's result so far") {
  StepHostSetup host;
  const HeldStep fine("fine"), failing("failing"), last("last");
  last.step->runs_always = true;
  const auto maker = host.build_scripted({fine.step, failing.step, last.step});
  fine.end();
  host.settle();
  CHECK(maker->results.empty());
  failing.end(Results::failure);
  host.settle();
  CHECK(maker->results == std::vector{Results::failure});
}

TEST_CASE("URLs and state texts of a step are stored and announced") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  held.step->host->add_url("docs", "http://x/", [](Result<void> done) { REQUIRE(done); });
  held.step->host->set_state_string("working");
  host.settle();

  CHECK(host.step(1, "own").urls == std::vector<Url>{{"docs", "http://x/"}});
  CHECK(host.step(1, "own").state_string == "working");
  CHECK(host.events.count("updated own none: working") == 1);
}

TEST_CASE("many URLs of a step are not written one by one") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  constexpr std::size_t many = 3000;
  std::size_t done = 0;
  std::function<void()> add = [&] {
    if (done == many) return;
    held.step->host->add_url("n" + std::to_string(done), "http://x/", [&](Result<void> added) {
      REQUIRE(added);
      ++done;
      add();
    });
  };
  add();
  host.settle();
  CHECK(done == many);
  CHECK(host.step(1, "own").urls.size() == 100);
  held.step->host->add_url("late", "http://x/", [](const Result<void>&) {});
  held.end();
  host.settle();

  const auto urls = host.step(1, "own").urls;
  REQUIRE(urls.size() == many + 1);
  CHECK(urls[many - 1].name == "n2999");
  CHECK(urls.back().name == "late");
}

TEST_CASE("steps can add steps right after themselves and at the end") {
  StepHostSetup host;
  const HeldStep held("first");
  const auto second = scripted("second");
  host.build_scripted({held.step, second});
  held.step->host->add_steps({scripted("last")}, true);
  held.step->host->add_steps({scripted("next1"), scripted("next2")}, false);
  held.end();
  host.settle();

  CHECK(host.names() ==
        std::vector<std::string>{"worker_preparation", "first", "next1", "next2", "second", "last"});
}

TEST_CASE("a step runs one command at a time and may see what else the worker said") {
  StepHostSetup host;
  const HeldStep held("own");
  host.build_scripted({held.step});
  script::CommandRequest request;
  request.name = "stat";
  std::optional<script::CommandOutcome> outcome;
  held.step->host->run_command(request, [&](Result<script::CommandOutcome> done) { outcome = *done; });
  Errc refused{};
  held.step->host->run_command(request, [&](Result<script::CommandOutcome> done) { refused = done.error().code; });
  CHECK(refused == Errc::conflict);

  host.worker->running()->sink->on_update("stat", Json(JsonArray{1, 2}));
  host.worker->finish(0);
  REQUIRE(outcome);
  CHECK(outcome->rc == 0);
  CHECK(outcome->updates.at(0).first == "stat");
}

TEST_CASE("a step that ends while its command runs takes the command with it") {
  StepHostSetup host;
  HeldStep held("own");
  std::optional<script::CommandOutcome> outcome;
  host.build_scripted({held.step});
  host.worker->heeds_interrupts = false;
  script::CommandRequest request;
  request.name = "shell";
  held.step->host->run_command(std::move(request), [&](Result<script::CommandOutcome> done) { outcome = *done; });
  host.settle();
  held.step->on_run = nullptr;
  held.end();
  host.settle();

  CHECK(host.build(1).results == Results::success);
  REQUIRE(outcome);
  CHECK(outcome->end == script::CommandOutcome::End::interrupted);
  CHECK(host.worker->count("interrupt the step is over") == 1);
  host.worker->running()->output("too late\n");
  host.worker->finish(0);
  host.settle();
}

TEST_CASE("verbs of a step that is over are refused") {
  StepHostSetup host;
  const auto step = scripted("own");
  std::vector<Errc> codes;
  step->on_finish = [&](ScriptedStep& self, Results results, const Reply<script::StepEnd>& reply) {
    reply(ScriptedStep::end(results));
    script::StepHost& over = *self.host;
    over.add_log("x", LogType::text, [&](Result<Log> done) { codes.push_back(done.error().code); });
    over.add_url("x", "y", [&](Result<void> done) { codes.push_back(done.error().code); });
    over.run_command({}, [&](Result<script::CommandOutcome> done) { codes.push_back(done.error().code); });
    over.finish_log(LogId(1), [&](Result<void> done) { codes.push_back(done.error().code); });
    over.set_state_string("late");
  };
  host.build_scripted({step});

  CHECK(codes == std::vector(4, Errc::cancelled));
  CHECK(host.step(1, "own").state_string == "finished");
}

TEST_CASE("a worker that writes faster than the disk is held back and let go again") {
  StepHostSetup host;
  host.add_builder("a", {"w1"}, {shell_step("flood", "x")});
  host.add_force_scheduler();
  host.start();
  host.worker = host.connect("w1");
  host.force("a");
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "some line of a log that is neither short nor very long, as most of them are\n";
  REQUIRE(text.size() > (4U << 20));
  // The log's writer is another thread: now and then it keeps up with one piece.
  bool was_paused = false;
  for (int piece = 0; piece < 50 && !was_paused; ++piece) {
    host.worker->running()->output(text);
    was_paused = host.worker->reading_paused;
  }

  CHECK(was_paused);
  host.settle();
  CHECK_FALSE(host.worker->reading_paused);
  host.worker->finish(0);
  host.settle();
  CHECK(host.build(1).results == Results::success);
}
