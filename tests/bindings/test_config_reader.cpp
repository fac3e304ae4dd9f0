// SPDX-License-Identifier: MIT
#include "bindings/runtime.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/bindings/loop_host.h"
#include "tests/support/result_text.h"

using namespace kiln;
namespace fs = std::filesystem;

namespace {

// A base directory with a master.cfg, and a runtime to load it.
class Loaded {
 public:
  explicit Loaded(const std::string& config) {
    std::string name = (fs::temp_directory_path() / "kiln-config-XXXXXX").string();
    basedir = ::mkdtemp(name.data());
    write(config);
    runtime = bindings::make_runtime({"", true}, "/nowhere/kilnbot").value();
  }
  ~Loaded() { fs::remove_all(basedir); }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  void write(const std::string& config) const { std::ofstream(basedir / "master.cfg") << config; }
  script::LoadOutcome load() const { return runtime->load(basedir / "master.cfg", basedir); }
  // The configuration; what Python has against it fails the test.
  script::ConfigPtr config() const {
    const script::LoadOutcome outcome = load();
    for (const script::ConfigProblem& problem : outcome.problems) UNSCOPED_INFO(to_text(problem));
    REQUIRE(outcome.config);
    return outcome.config;
  }

  fs::path basedir;
  std::unique_ptr<script::Runtime> runtime;
};

const std::string sample = R"(
from buildbot.plugins import *

@util.renderer
def rendered(props):
    return ['make', props.getProperty('target')]

native = util.BuildFactory([
    steps.ShellCommand(name='compile', command=['make', util.Interpolate('-j%(prop:jobs:-2)s')], haltOnFailure=True,
                       env={'A': util.Property('a', default='b')}, timeout=60),
])
python = util.BuildFactory([steps.ShellCommand(command=rendered), steps.ShellCommand(command='true')])

c = BuildmasterConfig = {
    'title': 'T', 'titleURL': 'http://t/', 'buildbotURL': 'http://b/',
    'protocols': {'pb': {'port': 'tcp:9989:interface=127.0.0.1'}, 'msgpack_experimental_v7': {'port': 9990}},
    'workers': [worker.Worker('w', 'pw', max_builds=3, properties={'os': 'linux'})],
    'builders': [
        util.BuilderConfig(name='n', workernames=['w'], factory=native, tags=['x'], env={'E': '1'}),
        util.BuilderConfig(name='p', workernames=['w'], factory=python, collapseRequests=False),
    ],
    'schedulers': [
        schedulers.SingleBranchScheduler(name='s', builderNames=['n', 'p'], treeStableTimer=1.5,
                                         change_filter=util.ChangeFilter(branch=['main', None])),
        schedulers.ForceScheduler(name='f', builderNames=['n']),
    ],
    'change_source': [changes.GitPoller(repourl='file:///r', branches=['main'], pollInterval=60)],
    'properties': {'global': [1, 'two']},
}
)";

// What is asked about the master's rows: there are none.
void no_rows(const std::string&, const Reply<Json>& reply) { reply(Json(JsonArray{})); }

}  // namespace

TEST_CASE("a configuration's global values and workers become plain structs") {
  const Loaded loaded(sample);

  const auto config = loaded.config();

  CHECK(config->title == "T");
  CHECK(config->buildbot_url == "http://b/");
  CHECK(config->pb_ports == std::vector<std::string>{"tcp:9989:interface=127.0.0.1"});
  CHECK(config->msgpack_ports == std::vector<std::string>{"9990"});
  CHECK_FALSE(config->www.port);
  REQUIRE(config->properties.find("global"));
  CHECK(dump_json(config->properties.find("global")->value) == R"([1,"two"])");
  REQUIRE(config->workers.size() == 1);
  const script::WorkerConfig& worker = *config->workers[0];
  CHECK(worker.name == "w");
  CHECK(worker.password == "pw");
  CHECK(worker.max_builds == 3);
  CHECK(worker.properties.find("os")->value == "linux");
  REQUIRE(config->change_sources.size() == 1);
  CHECK(config->change_sources[0].class_name.find("GitPoller") != std::string::npos);
}

TEST_CASE("a step without Python is native, with its templates") {
  const Loaded loaded(sample);

  const auto config = loaded.config();

  REQUIRE(config->builders.size() == 2);
  const script::BuilderConfig& builder = *config->builders[0];
  CHECK(builder.tags == std::vector<std::string>{"x"});
  CHECK_FALSE(builder.maker);
  REQUIRE(builder.steps.size() == 1);
  REQUIRE(builder.steps[0].native);
  const script::NativeShell& shell = *builder.steps[0].native;
  CHECK(std::get<Json>(shell.name.value) == "compile");
  CHECK(shell.flags.halt_on_failure);
  CHECK(shell.timeout == 60);
  const auto& command = std::get<script::Template::List>(shell.command.value);
  REQUIRE(command.size() == 2);
  CHECK(std::get<Json>(command[0].value) == "make");
  const auto& interpolate = std::get<script::InterpolateTemplate>(command[1].value);
  CHECK(interpolate.format->property_names() == std::vector<std::string>{"jobs"});
  const auto& env = std::get<script::Template::Dict>(shell.env.value);
  REQUIRE(env.size() == 1);
  CHECK(std::get<script::PropertyTemplate>(env[0].second.value).name == "a");
}

TEST_CASE("a builder with Python in it has a maker and recipes for just those steps") {
  const Loaded loaded(sample);

  const auto config = loaded.config();

  const script::BuilderConfig& builder = *config->builders[1];
  CHECK(builder.collapse == script::Collapse::off);
  CHECK(builder.maker);
  REQUIRE(builder.steps.size() == 2);
  CHECK(builder.steps[0].python);
  CHECK_FALSE(builder.steps[0].native);
  CHECK(builder.steps[1].native);
}

TEST_CASE("schedulers keep timer, filter and form") {
  const Loaded loaded(sample);

  const auto config = loaded.config();

  REQUIRE(config->schedulers.size() == 2);
  const script::SchedulerConfig& single = *config->schedulers[0];
  CHECK(single.kind == script::SchedulerConfig::Kind::single_branch);
  CHECK(single.tree_stable_timer == std::chrono::milliseconds(1500));
  CHECK_FALSE(single.hooks);
  bool has_branch = false;
  for (const auto& condition : single.filter.conditions) {
    if (condition.attribute != "branch") continue;
    has_branch = true;
    CHECK(condition.values == std::vector<std::optional<std::string>>{"main", std::nullopt});
  }
  CHECK(has_branch);
  const script::SchedulerConfig& force = *config->schedulers[1];
  CHECK(force.kind == script::SchedulerConfig::Kind::force);
  CHECK(force.form);
  CHECK_FALSE(force.all_fields.empty());
}

TEST_CASE("a broken configuration gives its problems with file and line, and no configuration") {
  const Loaded loaded("from buildbot.plugins import *\nc = BuildmasterConfig = {}\nraise RuntimeError('broken here')\n");

  const script::LoadOutcome outcome = loaded.load();

  CHECK_FALSE(outcome.config);
  REQUIRE_FALSE(outcome.problems.empty());
  CHECK(outcome.problems[0].file == (loaded.basedir / "master.cfg").string());
  CHECK(outcome.problems[0].line == 3);
  CHECK(outcome.problems[0].what.find("broken here") != std::string::npos);
}

TEST_CASE("a configuration loads on a user thread while the policy loop runs") {
  LoopHost host;
  const Loaded loaded(sample);
  loaded.runtime->attach(host);
  Result<script::LoadOutcome> outcome = make_error(Errc::fatal, "not asked");

  loaded.runtime->load_later(loaded.basedir / "master.cfg", loaded.basedir, [&](Result<script::LoadOutcome> result) {
    outcome = std::move(result);
    loaded.runtime->quit();
  });
  loaded.runtime->run();

  REQUIRE(outcome);
  REQUIRE(outcome->config);
  CHECK(outcome->config->builders.size() == 2);
}

TEST_CASE("a build's Python steps are made from the recipes, with a session") {
  LoopHost host;
  host.on_data_get = no_rows;
  const Loaded loaded(sample);
  loaded.runtime->attach(host);
  const auto config = loaded.config();
  const script::BuilderConfig& builder = *config->builders[1];
  script::BuildContext context;
  context.build = BuildId(7);
  context.builder_name = "p";
  context.worker_name = "w";
  context.workdir = builder.workdir;
  context.properties.set("target", "all", "test");
  context.sourcestamps.emplace_back();
  Result<script::OpenedBuild> opened = make_error(Errc::fatal, "not asked");

  host.post_to_loop([&] {
    builder.maker->open(std::move(context), {builder.steps[0].python}, [&](Result<script::OpenedBuild> result) {
      opened = std::move(result);
      if (opened) opened->session->close(Results::success);
      loaded.runtime->quit();
    });
  });
  loaded.runtime->run();

  REQUIRE(opened);
  REQUIRE(opened->steps.size() == 1);
  CHECK(opened->steps[0]->describe().find("ShellCommand") != std::string::npos);
}

TEST_CASE("a force form gives an order or the errors of its fields") {
  LoopHost host;
  const Loaded loaded(sample);
  loaded.runtime->attach(host);
  const auto config = loaded.config();
  script::ForceForm& form = *config->schedulers[1]->form;
  Result<script::ForceOrder> good = make_error(Errc::fatal, "not asked");
  Result<script::ForceOrder> bad = make_error(Errc::fatal, "not asked");

  host.post_to_loop([&] {
    form.parse("me", {"n"}, {{"reason", "because"}}, [&](Result<script::ForceOrder> result) { good = std::move(result); });
    form.parse("me", {"n"}, {{"priority", "not a number"}}, [&](Result<script::ForceOrder> result) {
      bad = std::move(result);
      loaded.runtime->quit();
    });
  });
  loaded.runtime->run();

  REQUIRE(good);
  CHECK(good->builder_names == std::vector<std::string>{"n"});
  CHECK(good->reason.find("because") != std::string::npos);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::bad_input);
  CHECK(bad.error().what.find("priority") != std::string::npos);
}

TEST_CASE("services start with a configuration and stop again") {
  LoopHost host;
  host.on_data_get = no_rows;
  const Loaded loaded(sample + "c['change_source'] = []\n");
  loaded.runtime->attach(host);
  const auto config = loaded.config();
  Result<void> activated = make_error(Errc::fatal, "not asked");
  Result<void> deactivated = make_error(Errc::fatal, "not asked");

  loaded.runtime->activate(config, [&](Result<void> result) {
    activated = std::move(result);
    loaded.runtime->deactivate([&](Result<void> stopped) {
      deactivated = std::move(stopped);
      loaded.runtime->quit();
    });
  });
  loaded.runtime->run();

  CHECK(activated);
  CHECK(deactivated);
}
