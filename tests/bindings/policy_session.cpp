// SPDX-License-Identifier: MIT
#include "tests/bindings/policy_session.h"

#include <pybind11/eval.h>

#include <catch2/catch_test_macros.hpp>

#include "bindings/json_convert.h"
#include "bindings/master_binding.h"
#include "bindings/python_error.h"

using namespace kiln;
using namespace kiln::bindings;

PolicySession::PolicySession() {
  const py::gil_scoped_acquire gil;
  policy_.emplace();
  policy_->loop_queue()->attach(host);
  give_master(*policy_, host);
  scope_ = py::dict().release().ptr();
}

PolicySession::~PolicySession() {
  const py::gil_scoped_acquire gil;
  Py_CLEAR(scope_);
  take_master_away();
  policy_.reset();
}

void PolicySession::define(const std::string& source) {
  const py::gil_scoped_acquire gil;
  py::exec(source, py::reinterpret_borrow<py::dict>(scope_));
}

script::ObjectRef PolicySession::hold(const char* name) {
  const py::gil_scoped_acquire gil;
  return policy_->hold(py::handle(scope_)[name]);
}

Json PolicySession::run(const std::string& source) {
  define(source);
  Json answer;
  std::string failure;
  {
    const py::gil_scoped_acquire gil;
    const py::object main = py::handle(scope_)["main"];
    const py::object coroutine = main(py::module_::import("buildbot_cfg._core").attr("master"));
    policy_->start(py::module_::import("asyncio").attr("wait_for")(coroutine, 60), [&](const py::object& task) {
      policy_->quit();
      try {
        answer = to_json(task.attr("result")());
      } catch (const py::error_already_set& raised) {
        failure = script_error(raised).what;
      }
    });
  }
  policy_->run();
  INFO(failure);
  REQUIRE(failure.empty());
  return answer;
}
