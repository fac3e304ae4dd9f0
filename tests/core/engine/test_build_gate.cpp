// SPDX-License-Identifier: MIT
// do_build_if.
#include "tests/support/engine_host.h"
#include "tests/support/scripted_steps.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

// Answers when the test says so.
class AskedGate : public script::BuildGate {
 public:
  void ask(script::GateQuestion question, Reply<script::GateAnswer> reply) override {
    questions.push_back(std::move(question));
    replies.push_back(std::move(reply));
  }
  std::vector<script::GateQuestion> questions;
  std::vector<Reply<script::GateAnswer>> replies;
};

struct GateHost : EngineHost {
  GateHost() {
    add_worker("w1");
    builder = add_builder("a", {"w1"}, {shell_step("run", "x")});
    builder->collapse = script::Collapse::off;
    builder->gate = gate;
    add_builder("plain", {"w1"}, {shell_step("run", "x")});
    add_force_scheduler();
    start();
    worker = connect("w1", 0);
  }
  void answer(script::GateAnswer answer) {
    REQUIRE(!gate->replies.empty());
    gate->replies.back()(std::move(answer));
    settle();
  }
  static script::GateAnswer no() {
    script::GateAnswer answer;
    answer.is_wanted = false;
    return answer;
  }
  static script::GateAnswer failure() {
    script::GateAnswer answer;
    answer.why = "do_build_if (master.cfg:3) failed: ValueError: oh";
    answer.traceback = "Traceback ...";
    return answer;
  }
  const Property* property(std::int64_t build, std::string_view name) const {
    return journal.builds.at(BuildId(build)).properties.find(name);
  }
  bool is_free() const { return engine->broken_invariant().empty() && engine->running_builds() == 0; }

  std::shared_ptr<AskedGate> gate = std::make_shared<AskedGate>();
  std::shared_ptr<script::BuilderConfig> builder;
  std::shared_ptr<ScriptedWorker> worker;
};

}  // namespace

TEST_CASE("a build that is not wanted is a row that is skipped, without steps, directories and owners") {
  GateHost host;
  host.force("a", {{"owner", "me"}});
  CHECK(host.journal.builds.empty());
  CHECK(host.request(1).claimed);
  host.answer(GateHost::no());

  const Build& build = host.build(1);
  CHECK(build.results == Results::skipped);
  CHECK(build.state_string == "build successful");
  CHECK(build.complete);
  CHECK(build.number == 1);
  CHECK(host.steps(1).empty());
  CHECK(host.request(1).results == static_cast<int>(Results::skipped));
  CHECK(host.journal.buildsets.at(BuildsetId(1)).results == static_cast<int>(Results::success));
  CHECK(host.property(1, "buildnumber")->value == Json(1));
  CHECK(host.property(1, "workername")->value == Json("w1"));
  for (const char* name : {"owners", "basedir", "builddir"}) CHECK(host.property(1, name) == nullptr);
  CHECK(host.worker->count("ping") == 0);
  CHECK(host.events.count("builds/1/new") == 1);
  CHECK(host.events.count("builds/1/finished") == 1);
  CHECK(host.events.count("steps/") == 0);
  CHECK(host.is_free());
}

TEST_CASE("a build that is wanted is built, with the properties that the function has set") {
  GateHost host;
  host.force("a");
  script::GateAnswer yes;
  yes.properties.set("own", Json(3), "asked");
  yes.properties.set("branch", Json("not the source's"), "asked");
  host.answer(std::move(yes));

  CHECK(host.build(1).results == Results::success);
  CHECK(host.property(1, "own")->value == Json(3));
  CHECK(host.property(1, "own")->source == "asked");
  CHECK(host.property(1, "branch")->source == "Build");
  CHECK(host.steps(1).size() == 2);
}

TEST_CASE("the question tells of the build what is known before it has a number and a source") {
  GateHost host;
  host.force("a", {{"p", "v"}});

  REQUIRE(host.gate->questions.size() == 1);
  const script::GateQuestion& question = host.gate->questions[0];
  CHECK(question.build.builder_name == "a");
  CHECK(question.build.worker_name == "w1");
  CHECK(question.build.properties.find("p")->value == Json("v"));
  CHECK(question.build.properties.find("workername")->value == Json("w1"));
  CHECK(question.build.properties.find("buildnumber") == nullptr);
  CHECK(question.build.properties.find("repository") == nullptr);
  CHECK(question.request->row.id == RequestId(1));
  CHECK(question.request->buildset.sourcestamps.size() == 1);
}

TEST_CASE("what was asked about becomes the build of the steps") {
  GateHost host;
  struct Thing : script::Object {};
  const auto thing = std::make_shared<Thing>();
  const auto maker = use_scripted_steps(*host.builder, {std::make_shared<ScriptedStep>("own")});
  host.apply();
  host.force("a");
  script::GateAnswer yes;
  yes.build = thing;
  host.answer(std::move(yes));

  REQUIRE(maker->context);
  CHECK(maker->context->asked == thing);
  CHECK(maker->context->number == 1);
}

TEST_CASE("a function that fails ends the build as an exception that tells why, and is no fault of the worker") {
  GateHost host;
  host.force("a");
  host.answer(GateHost::failure());

  CHECK(host.build(1).results == Results::exception);
  CHECK(host.build(1).state_string == "do_build_if (master.cfg:3) failed: ValueError: oh");
  CHECK(host.request(1).results == static_cast<int>(Results::exception));
  CHECK(host.step(1, "worker_preparation").results == Results::exception);
  CHECK(host.step(1, "worker_preparation").state_string == "error in do_build_if");
  const std::string log = host.log_text(1, "worker_preparation", "err.text");
  CHECK(log == "do_build_if (master.cfg:3) failed: ValueError: oh\nTraceback ...\n");
  host.force("plain");
  CHECK(host.build(2).results == Results::success);
  CHECK(host.is_free());
}

TEST_CASE("a function that cannot be asked fails, too") {
  GateHost host;
  host.force("a");
  host.gate->replies.back()(make_error(Errc::script, "no border"));
  host.settle();

  CHECK(host.build(1).results == Results::exception);
  CHECK(host.build(1).state_string == "do_build_if could not be asked");
}

TEST_CASE("while the question is open, the worker is reserved and the request says what it waits for") {
  GateHost host;
  host.force("a");

  const auto waiting = host.engine->wait_reasons(RequestId(1));
  REQUIRE(waiting);
  CHECK(waiting->reasons.at(0).kind == "deciding");
  CHECK(waiting->reasons.at(0).worker == "w1");
  host.force("a");
  CHECK(host.gate->questions.size() == 1);
  host.answer(GateHost::no());
  CHECK(host.gate->questions.size() == 2);
  CHECK(host.engine->broken_invariant().empty());
}

TEST_CASE("an answer for which nobody waits any more changes nothing") {
  GateHost host;
  host.force("a");

  SECTION("the request is cancelled") {
    host.engine->cancel_request(RequestId(1), "enough", [](Result<void> done) { REQUIRE(done); });
    host.settle();
    CHECK(host.request(1).results == static_cast<int>(Results::cancelled));
    host.answer({});
    CHECK(host.journal.builds.empty());
    CHECK(host.is_free());
  }
  SECTION("the worker is lost: the request waits, and is asked about again") {
    host.worker->lose();
    host.settle();
    CHECK(!host.request(1).claimed);
    host.answer({});
    CHECK(host.journal.builds.empty());
    host.worker->connect();
    host.settle();
    CHECK(host.gate->questions.size() == 2);
    host.answer({});
    CHECK(host.build(1).results == Results::success);
  }
  SECTION("the master stops: the request is asked about again by the next one") {
    bool is_over = false;
    host.engine->shutdown([&](Result<void>) { is_over = true; });
    host.settle();
    host.advance(30s);
    CHECK(is_over);
    CHECK(!host.request(1).claimed);
    host.answer({});
    CHECK(host.journal.builds.empty());
  }
  SECTION("the master is killed") {
    const auto late = host.gate->replies.back();
    host.restart();
    late(GateHost::no());
    host.settle();
    CHECK(host.journal.builds.empty());
    host.connect("w1", 0);
    CHECK(host.gate->questions.size() == 2);
    host.answer({});
    CHECK(host.build(1).results == Results::success);
  }
}

TEST_CASE("with another configuration, who is configured then is asked") {
  GateHost host;
  host.force("a");

  SECTION("the builder is gone: the request stays") {
    host.config->builders.erase(host.config->builders.begin());
    host.apply();
    host.answer({});
    CHECK(host.journal.builds.empty());
    CHECK(host.engine->wait_reasons(RequestId(1))->reasons.at(0).kind == "not_configured");
    CHECK(host.is_free());
  }
  SECTION("the builder is another one") {
    auto other = std::make_shared<script::BuilderConfig>(*host.builder);
    other->gate = nullptr;
    host.config->builders[0] = other;
    host.apply();
    host.answer(GateHost::no());
    CHECK(host.build(1).results == Results::success);
  }
}

TEST_CASE("a secret that the function has used is masked in what it sets and says") {
  GateHost host;
  host.force("a");
  script::GateAnswer answer = GateHost::failure();
  answer.why = "it is hush!";
  answer.secrets = {{"key", "hush!"}};
  answer.properties.set("told", Json("hush!"), "asked");
  host.answer(std::move(answer));

  CHECK(host.build(1).state_string == "it is <key>");
  CHECK(host.property(1, "told")->value == Json("<key>"));
  CHECK(host.log_text(1, "worker_preparation", "err.text") == "it is <key>\nTraceback ...\n");
}

TEST_CASE("builds that are skipped do not count for predictions") {
  GateHost host;
  host.force("a");
  host.answer(GateHost::no());
  host.worker->on_command = nullptr;
  host.force("plain");
  host.force("a");
  host.force("a");
  CHECK(host.gate->questions.size() == 2);
  CHECK(host.engine->wait_reasons(RequestId(4))->predicted_start == std::nullopt);
}
