// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <thread>

#include "bindings/call.h"
#include "bindings/json_convert.h"
#include "tests/bindings/policy_session.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::bindings;
using namespace std::chrono_literals;

namespace {

// What `coroutine function` of `source` answers to the core.
Result<Json> ask_for(PolicySession& session, const char* source) {
  session.define(source);
  std::promise<Result<Json>> answer;
  std::thread::id answered_on;
  ask<Json>(
      session.policy(),
      [&](Result<Json> result) {
        answered_on = std::this_thread::get_id();
        answer.set_value(std::move(result));
        session.policy().quit();
      },
      [ref = session.hold("answer")] { return py::object(held(ref)()); },
      [](const py::object& value) -> Result<Json> { return to_json(value); });
  session.run_loop();
  CHECK(answered_on == session.host.thread_id());
  return answer.get_future().get();
}

}  // namespace

TEST_CASE("work posted before quit has run, in order, when run returns") {
  PolicySession session;
  std::vector<int> ran;

  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) session.policy().post([&ran, i] { ran.push_back(i); });
    session.policy().quit();
  });
  session.run_loop();
  poster.join();

  REQUIRE(ran.size() == 1000);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("work that raises does not stop the policy loop") {
  PolicySession session;
  bool ran_after = false;

  session.policy().post([] { py::module_::import("no_such_module"); });
  session.policy().post([&] { ran_after = true; });
  session.policy().quit();
  session.run_loop();

  CHECK(ran_after);
}

TEST_CASE("other threads reach the loop and the side thread while the policy thread is held") {
  PolicySession session;
  std::promise<void> queued, reached, worked;
  bool is_reached = false, has_worked = false;

  session.policy().post([&] {
    session.policy().loop_queue()->post([] {});  // goes to the loop when this work is done
    queued.set_value();
    const py::gil_scoped_release no_gil;
    is_reached = reached.get_future().wait_for(20s) == std::future_status::ready;
    has_worked = worked.get_future().wait_for(20s) == std::future_status::ready;
  });
  std::thread other([&] {
    queued.get_future().wait();
    session.policy().loop_queue()->post([&] { reached.set_value(); });
    session.policy().side_thread().post([&] { worked.set_value(); });
    session.policy().quit();
  });
  session.run_loop();
  other.join();

  CHECK(is_reached);
  CHECK(has_worked);
}

TEST_CASE("a coroutine's value is answered on the loop thread") {
  PolicySession session;

  const Result<Json> answer = ask_for(session, R"(
async def answer():
    return {'text': 'é', 'list': [1, None, True]}
)");

  REQUIRE(answer);
  CHECK(dump_json(*answer) == R"({"text":"\u00e9","list":[1,null,true]})");
}

TEST_CASE("what a coroutine raises is answered as script error with its traceback") {
  PolicySession session;

  const Result<Json> answer = ask_for(session, R"(
async def inner():
    raise RuntimeError('the cause')
async def answer():
    await inner()
)");

  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::script);
  CHECK(answer.error().what.find("RuntimeError: the cause") != std::string::npos);
  CHECK(answer.error().what.find("in inner") != std::string::npos);
}

TEST_CASE("SystemExit and an answer of the wrong type are script errors too") {
  PolicySession first;
  const Result<Json> exited = ask_for(first, "async def answer(): raise SystemExit(3)");
  REQUIRE_FALSE(exited);
  CHECK(exited.error().what.find("SystemExit: 3") != std::string::npos);

  PolicySession second;
  const Result<Json> mistyped = ask_for(second, "async def answer(): return object()");
  REQUIRE_FALSE(mistyped);
  CHECK(mistyped.error().what.find("is not plain data") != std::string::npos);
}

TEST_CASE("a question that is open at quit is answered as cancelled") {
  PolicySession session;
  session.define("import asyncio\nasync def forever(): await asyncio.Event().wait()");
  std::promise<Result<Json>> answer;

  ask<Json>(
      session.policy(), [&](Result<Json> result) { answer.set_value(std::move(result)); },
      [ref = session.hold("forever")] { return py::object(held(ref)()); },
      [](const py::object& value) -> Result<Json> { return to_json(value); });
  session.policy().quit();
  session.run_loop();
  auto future = answer.get_future();

  REQUIRE(future.wait_for(30s) == std::future_status::ready);
  CHECK_FALSE(future.get());
}

TEST_CASE("questions after the end are answered or dropped, never run") {
  PolicySession session;
  session.policy().quit();
  session.run_loop();
  bool ran = false;

  CHECK_FALSE(session.policy().post([&] { ran = true; }));
  CHECK_FALSE(ran);
}

TEST_CASE("a policy thread that blocks does not block the loop thread") {
  PolicySession session;
  std::promise<void> blocked, release;
  std::promise<bool> loop_worked;

  session.policy().post([&] {
    blocked.set_value();
    // Holds the GIL, as a user's endless computation would.
    release.get_future().wait();
  });
  std::thread other([&] {
    blocked.get_future().wait();
    session.policy().post([] {});
    const script::ObjectRef dropped_later;
    session.host.post_to_loop([&] { loop_worked.set_value(true); });
    CHECK(loop_worked.get_future().wait_for(30s) == std::future_status::ready);
    release.set_value();
    session.policy().quit();
  });
  session.run_loop();
  other.join();
}

TEST_CASE("an object dropped on another thread dies on the policy thread") {
  PolicySession session;
  session.define(R"(
import threading
class Watched:
    def __del__(self):
        died.append(threading.current_thread() is threading.main_thread())
died = []
watched = Watched()
)");
  script::ObjectRef ref = session.hold("watched");
  session.define("del watched");

  std::thread dropper([ref = std::move(ref), &session]() mutable {
    ref.reset();
    session.policy().quit();
  });
  session.run_loop();
  dropper.join();

  const py::gil_scoped_acquire gil;
  CHECK(dump_json(to_json(held(session.hold("died")))) == "[true]");
}

TEST_CASE("an object may be dropped after the policy has gone") {
  script::ObjectRef survivor;
  {
    PolicySession session;
    session.define("thing = object()");
    survivor = session.hold("thing");
  }
  std::thread([ref = std::move(survivor)]() mutable { ref.reset(); }).join();
}
