// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

// A build of one step that uses the secret "key" = "hush-hush" and does what the test says.
struct SecretHost : EngineHost {
  explicit SecretHost(std::function<void(ScriptedStep&, Reply<script::StepOutcome>)> run,
                      std::function<void(ScriptedStep&, Results, Reply<script::StepEnd>)> finish = nullptr) {
    first->on_finish = std::move(finish);
    first->on_prepare = [](ScriptedStep& self, Reply<script::PreparedStep> reply) {
      self.host->use_secret("key", "hush-hush");
      script::PreparedStep prepared = self.prepared();
      prepared.options.name = "step hush-hush";
      reply(prepared);
    };
    first->on_run = std::move(run);
    add_worker("w1");
    use_scripted_steps(*add_builder("a", {"w1"}, {}), {first});
    add_force_scheduler();
    start();
    worker = connect("w1");
    force("a");
  }
  std::shared_ptr<ScriptedStep> first = std::make_shared<ScriptedStep>("first");
  std::shared_ptr<ScriptedWorker> worker;
};

}  // namespace

TEST_CASE("a build that uses a secret shows its name in state, step name, URLs and summaries") {
  SecretHost host([](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->set_state_string("now hush-hush");
    step.host->add_url("see hush-hush", "http://hush-hush@host",
                       [reply](const Result<void>&) { reply(script::StepOutcome{}); });
  }, [](ScriptedStep&, Results results, Reply<script::StepEnd> reply) {
    reply(script::StepEnd{results, false, {"done hush-hush", "built hush-hush"}, std::nullopt});
  });
  host.settle();

  const Step& row = host.step(1, "step <key>");
  CHECK(row.state_string == "done <key>");
  REQUIRE(row.urls.size() == 1);
  CHECK(row.urls[0].name == "see <key>");
  CHECK(row.urls[0].url == "http://<key>@host");
  CHECK(host.build(1).state_string == "build successful built <key>");
  CHECK(host.events.count("now <key>") + host.events.count("done <key>") > 0);
  CHECK(host.events.count("hush-hush") == 0);
}

TEST_CASE("a value that comes in pieces is hidden in logs, for watchers too") {
  std::string watched;
  SecretHost host([&](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->add_log("out", LogType::stream, [&step, &watched, reply](const Result<Log>& log) {
      step.host->watch_log(log->id, [&watched](const LogChunkPtr& chunk) {
        if (chunk) watched += chunk->text;
      });
      step.host->append_log(log->id, 'o', "a hush");
      step.host->append_log(log->id, 'e', "hush-hush\n");
      step.host->append_log(log->id, 'o', "-hush b\nhush-hu");
      reply(script::StepOutcome{});
    });
  });
  host.settle();

  CHECK(host.log_text(1, "step <key>", "out") == "e<key>\noa <key> b\nohush-hu\n");
  CHECK(watched == host.log_text(1, "step <key>", "out"));
}

TEST_CASE("a command's output is hidden, also what the step collects of it") {
  std::string collected;
  SecretHost host([&](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->add_log("stdio", LogType::stream, [&step, &collected, reply](const Result<Log>& log) {
      script::CommandRequest request;
      request.name = "shell";
      request.stdio = log->id;
      request.collect_stdout = true;
      step.host->run_command(std::move(request), [&collected, reply](const Result<script::CommandOutcome>& outcome) {
        collected = outcome->collected_stdout;
        reply(script::StepOutcome{});
      });
    });
  });
  host.settle();
  const ScriptedWorker::Command* command = host.worker->running();
  REQUIRE(command != nullptr);
  command->output("x=hush-");
  command->output("hush\n");
  command->output("argv: ['hush-hush']\n", 'h');
  host.worker->finish(0);
  host.settle();

  CHECK(host.log_text(1, "step <key>", "stdio") ==
        "ox=<key>\nhargv: ['<key>']\nhprogram finished with exit code 0\n");
  CHECK(collected == "x=<key>\n");
}

TEST_CASE("what a step raised is shown without the secret") {
  SecretHost host([](ScriptedStep&, Reply<script::StepOutcome> reply) {
    reply(script::StepOutcome{Results::exception, "Traceback\nValueError: <hush-hush>\n"});
  });
  host.settle();

  CHECK(host.log_text(1, "step <key>", "err.text") == "Traceback\nValueError: <<key>>\n");
  const std::string html = host.log_text(1, "step <key>", "err.html");
  CHECK(html.find("ValueError: &lt;&lt;key&gt;&gt;") != std::string::npos);
}

TEST_CASE("properties are stored and shown with the name, steps see the value") {
  SecretHost host([](ScriptedStep& step, Reply<script::StepOutcome> reply) {
    step.host->set_property("p", Json(JsonObject{{"a", JsonArray{Json("x hush-hush"), Json(1)}}}), "me", true);
    reply(script::StepOutcome{});
  });
  host.settle();

  const Properties& stored = host.journal.builds.at(BuildId(1)).properties;
  REQUIRE(stored.find("p") != nullptr);
  CHECK(dump_json(stored.find("p")->value) == R"({"a":["x <key>",1]})");
  CHECK(host.events.count("hush-hush") == 0);
}

TEST_CASE("a native step of a build that used a secret hides it too") {
  EngineHost host;
  host.add_worker("w1");
  auto builder = host.add_builder("a", {"w1"}, {});
  auto first = std::make_shared<ScriptedStep>("first");
  first->on_run = [](ScriptedStep& self, Reply<script::StepOutcome> reply) {
    self.host->use_secret("key", "hush-hush");
    reply(script::StepOutcome{});
  };
  use_scripted_steps(*builder, {first});
  builder->steps.push_back(
      {"ShellCommand", std::make_shared<const script::NativeShell>(shell_step("second", "echo")), nullptr});
  host.add_force_scheduler();
  host.start();
  const auto worker = host.connect("w1");
  worker->on_command = [&](const ScriptedWorker::Command& command) {
    command.output("it is hush-");
    command.output("hush\n");
    worker->finish(command.id, 0);
  };
  host.force("a");
  host.settle();

  CHECK(host.log_text(1, "second", "stdio") == "oit is <key>\nhprogram finished with exit code 0\n");
}
