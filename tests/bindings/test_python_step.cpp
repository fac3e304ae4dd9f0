// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <future>

#include "bindings/python_step.h"
#include "bindings/object_ref.h"
#include "tests/bindings/policy_session.h"
#include "tests/bindings/step_host.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::bindings;

namespace {

// A StepRunner of the border whose run() is the test's.
const std::string runner_source = R"(
class Runner:
    def __init__(self, name='mine'):
        self.name = name
        self.seen = []
    async def prepare(self, handle):
        self.handle = handle
        return dict(name=self.name, flags=(True, True, False, False, True), always_run=False,
                    build_summary_policy=[2, 4], skip=False, state_string='running', error=None,
                    locks=[], waiting_string='')
    async def run(self, name):
        return await run(self, self.handle)
    def interrupt(self, reason):
        self.seen.append(reason)
    async def finish(self, results):
        return dict(results=results, hidden=True, step='step text', build=None, error=None)
    def log_added(self, logid, name, slug):
        self.seen.append([logid, name, slug])
    def describe(self):
        return 'Runner ' + self.name
    def always_run(self):
        return self.name == 'next'
runner = Runner()
)";

// Drives one step through its life as the engine does.
class StepLife {
 public:
  explicit StepLife(const std::string& run_source) {
    session.define(runner_source + run_source);
    const py::gil_scoped_acquire gil;
    step = make_python_step(session.policy(), held(session.hold("runner")));
  }
  ~StepLife() { step.reset(); }
  StepLife(const StepLife&) = delete;
  StepLife& operator=(const StepLife&) = delete;

  void play() {
    session.host.post_to_loop([this] {
      step->prepare(host, [this](Result<script::PreparedStep> result) {
        prepared = std::move(result);
        step->run([this](Result<script::StepOutcome> ran) {
          outcome = std::move(ran);
          step->finish(Results::failure, [this](Result<script::StepEnd> ended) {
            end = std::move(ended);
            session.policy().quit();
          });
        });
      });
    });
    session.run_loop();
  }

  RecordingStepHost host;
  PolicySession session;
  script::StepPtr step;
  Result<script::PreparedStep> prepared = make_error(Errc::fatal, "not asked");
  Result<script::StepOutcome> outcome = make_error(Errc::fatal, "not asked");
  Result<script::StepEnd> end = make_error(Errc::fatal, "not asked");
};

}  // namespace

TEST_CASE("a Python step gives its options, result and summary") {
  StepLife life("async def run(self, handle): return dict(results=2 if handle.build_id() == 77 else 4, error=None)");

  CHECK(life.step->describe() == "Runner mine");
  CHECK_FALSE(life.step->always_run());
  life.play();

  REQUIRE(life.prepared);
  CHECK(life.prepared->options.name == "mine");
  CHECK(life.prepared->options.flags.halt_on_failure);
  CHECK(life.prepared->options.flags.warn_on_warnings);
  CHECK(life.prepared->options.build_summary_policy == std::vector{Results::failure, Results::exception});
  CHECK(life.prepared->state_string == "running");
  REQUIRE(life.outcome);
  CHECK(life.outcome->results == Results::failure);
  REQUIRE(life.end);
  CHECK(life.end->hidden);
  CHECK(life.end->summary.step == "step text");
  CHECK_FALSE(life.end->summary.build);
}

TEST_CASE("what a step tells the engine arrives in order with what it asks") {
  StepLife life(R"(
async def run(self, handle):
    handle.set_state_string('working')
    logid, slug = await handle.add_log('out', 's')
    handle.append_log(logid, 'o', 'caf\xe9\n')
    handle.set_property('p', {'a': [1]}, 'step', True)
    await handle.finish_log(logid)
    await handle.add_url('n', 'http://u')
    handle.append_log(logid, 'h', slug)
    handle.add_steps([Runner('next')], True)
    return dict(results=0, error=None)
)");

  life.play();

  REQUIRE(life.outcome);
  CHECK(life.host.told == std::vector<std::string>{"state working", "add_log out s", "append 5 o caf\u00e9\n",
                                                   "property p={\"a\":[1]} step runtime", "finish_log 5",
                                                   "url n http://u", "append 5 h slug_out", "add_steps at end"});
  REQUIRE(life.host.added.size() == 1);
  CHECK(life.host.added[0]->describe() == "Runner next");
  CHECK(life.host.added[0]->always_run());
}

TEST_CASE("what a step leaves behind goes over with all its parts") {
  StepLife life(R"(
async def run(self, handle):
    await handle.set_build_data('n', b'\x00\xff', 'src')
    await handle.set_build_data('m', memoryview(b'ab'), 'src')
    setid = await handle.add_test_result_set(None, 'pass_fail', 'boolean')
    handle.add_test_results(setid, [('1', 'one', None, None, None), ('0', None, 'a.c', 3, 1 << 40)])
    await handle.complete_test_result_set(setid, 1, None)
    try:
        handle.add_test_results(setid, [(1, 'one', None, None, None)])
    except TypeError:
        handle.set_state_string('refused')
    return dict(results=0, error=None)
)");

  life.play();

  REQUIRE(life.outcome);
  CHECK(life.host.told ==
        std::vector<std::string>{std::string("build data n=\0\xff src", 19), "build data m=ab src",
                                 "test result set - pass_fail boolean", "test result 9 one=1", "test result 9 -=0",
                                 "complete 9 1 -1", "state refused"});
}

TEST_CASE("a command's request and outcome go over, its log's lines before its end") {
  StepLife life(R"(
async def run(self, handle):
    lines = []
    handle.watch_log(5, lines.append)
    out = await handle.run_command('shell', {'command': ['x', ('obfuscated', 'pw', '***'), b'\xff'], 'env': None}, 5,
                                   [('f', 6), ('lazy', None)], True, False)
    assert lines == ['oone\n', 'etwo\n', None], lines
    assert out == dict(end='completed', rc=2, failure_reason='', error='', updates=[('stat', [1, 2])],
                       stdout='one\n', stderr=''), out
    return dict(results=0, error=None)
)");

  life.play();

  REQUIRE(life.outcome);
  const script::CommandRequest& request = life.host.request;
  CHECK(request.name == "shell");
  CHECK(dump_json(Json(request.args)) ==
        R"({"command":["x",{"__obfuscated__":["pw","***"]},{"__bytes__":"\u00ff"}],"env":null})");
  CHECK(request.stdio == LogId(5));
  REQUIRE(request.log_files.size() == 2);
  CHECK(request.log_files[0].log == LogId(6));
  CHECK_FALSE(request.log_files[1].log);
  CHECK(request.collect_stdout);
  CHECK_FALSE(request.collect_stderr);
}

TEST_CASE("a transfer's plan and a secret go over") {
  StepLife life(R"(
async def run(self, handle):
    handle.use_secret('key', 'hush')
    plan = dict(kind='upload_directory', path='/m/\xe9', max_size=7, mode=None, compression='bz2')
    await handle.run_command('uploadDirectory', {}, None, [], False, False, plan)
    self.first = None
    return dict(results=0, error=None)
)");

  life.play();

  REQUIRE(life.outcome);
  CHECK(life.host.told == std::vector<std::string>{"secret key hush"});
  REQUIRE(life.host.request.transfer);
  const script::TransferPlan& plan = *life.host.request.transfer;
  CHECK(plan.kind == script::TransferPlan::Kind::upload_directory);
  CHECK(plan.path == "/m/\u00e9");
  CHECK(plan.max_size == 7);
  CHECK_FALSE(plan.mode);
  CHECK(plan.compression == script::TransferPlan::Compression::bz2);
}

TEST_CASE("a wrong transfer plan is an error of the step") {
  for (const char* plan : {"dict(kind='nonsense')", "dict(kind='upload_file', path='/x', compression='zip')", "{}"}) {
    StepLife life(std::string("async def run(self, handle):\n    await handle.run_command('x', {}, None, [], False, False, ") +
                  plan + ")\n    return dict(results=0, error=None)\n");
    life.play();
    CHECK_FALSE(life.outcome);
  }
}

TEST_CASE("results that do not exist are an error, not a number") {
  StepLife life("async def run(self, handle): return dict(results=9, error=None)");

  life.play();

  REQUIRE_FALSE(life.outcome);
  CHECK(life.outcome.error().what.find("results must be one of 0 (SUCCESS) to 6 (CANCELLED), not 9") !=
        std::string::npos);
}

TEST_CASE("an ended step's handle reaches nobody") {
  StepLife life(R"(
import asyncio
async def late(handle):
    await asyncio.sleep(0.01)
    handle.set_state_string('late')
    try:
        await handle.add_log('late', 's')
    except Exception as error:
        refused.append(error.code)
refused = []
async def run(self, handle):
    self.task = asyncio.create_task(late(handle))
    return dict(results=0, error=None)
async def finish_and_wait(self, results):
    end = await Runner.finish(self, results)
    self.after = asyncio.create_task(late(self.handle))
    return end
)");
  life.session.host.post_to_loop([&] {
    life.step->prepare(life.host, [&](const auto&) {
      life.step->finish(Results::success, [&](const auto&) {
        // The handle outlives the step; only now it is used.
        life.session.policy().post([&] {
          const py::gil_scoped_acquire gil;
          py::object handle = held(life.session.hold("runner")).attr("handle");
          life.session.policy().start(held(life.session.hold("late"))(handle),
                                      [&](const py::object&) { life.session.policy().quit(); });
        });
      });
    });
  });
  life.session.run_loop();

  CHECK(life.host.told.empty());
  const py::gil_scoped_acquire gil;
  CHECK(py::len(held(life.session.hold("refused"))) == 1);
}

TEST_CASE("interrupt and new logs reach a step while it runs") {
  StepLife life(R"(
import asyncio
async def run(self, handle):
    while len(self.seen) < 2:
        await asyncio.sleep(0.001)
    assert self.seen == ['stop it', [8, 'log', 'log_slug']], self.seen
    return dict(results=6, error=None)
)");
  life.session.host.post_to_loop([&] {
    Log log;
    log.id = LogId(8);
    log.name = "log";
    log.slug = "log_slug";
    life.step->interrupt("stop it");
    life.step->log_added(log);
  });

  life.play();

  REQUIRE(life.outcome);
  CHECK(life.outcome->results == Results::cancelled);
}
