// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "bindings/answer.h"
#include "bindings/awaitable.h"
#include "bindings/policy.h"
#include "bindings/python_error.h"

// The two kinds of calls over the border: the core asks Python (ask), Python asks the core (submit).
namespace kiln::bindings {

// A function of buildbot_cfg._policy. With the GIL.
inline py::object policy_function(const char* name) {
  return py::module_::import("buildbot_cfg._policy").attr(name);
}

using Explain = Error (*)(const py::error_already_set&);

// From any thread: runs the coroutine that `call` makes and answers with what `convert` makes of its value. What either
// raises becomes the answer's error by `explain`. The functions go to the policy thread: no Python objects in them.
template <class T>
void ask(Policy& policy, Reply<T> reply, std::function<py::object()> call, std::function<Result<T>(py::object)> convert,
         Explain explain = [](const py::error_already_set& raised) { return script_error(raised); }) {
  Answer<T> answer(policy.loop_queue(), std::move(reply));
  policy.post([&policy, answer, call = std::move(call), convert = std::move(convert), explain] {
    try {
      policy.start(call(), [answer, convert, explain](const py::object& task) {
        try {
          answer(convert(task.attr("result")()));
        } catch (const py::error_already_set& raised) {
          answer(explain(raised));
        } catch (const py::builtin_exception& thrown) {
          answer(explain(as_raised(thrown)));
        }
      });
    } catch (const py::error_already_set& raised) {
      answer(explain(raised));
    } catch (const py::builtin_exception& thrown) {
      answer(explain(as_raised(thrown)));
    }
  });
}

// With the GIL, policy thread: a Reply for the loop thread that ends `awaitable`. `convert` must hold no Python objects;
// it runs with the GIL.
template <class T>
Reply<T> awaitable_reply(Policy& policy, py::object awaitable, std::function<py::object(Result<T>&)> convert) {
  return [work = policy.work_queue(), ref = policy.hold(std::move(awaitable)),
          convert = std::move(convert)](Result<T> result) {
    work->post([ref, convert, result = std::move(result)]() mutable {
      if (result.has_error()) return reject(held(ref), make_master_error(result.error()));
      try {
        resolve(held(ref), convert(result));
      } catch (const py::error_already_set& raised) {
        reject(held(ref), raised.value());
      } catch (const py::builtin_exception& thrown) {
        reject(held(ref), as_raised(thrown).value());
      }
    });
  };
}

// Conversions of plain answers.
inline py::object none_of(Result<void>&) { return py::none(); }
inline py::object integer_of(Result<std::int64_t>& number) { return py::int_(*number); }

// With the GIL, policy thread: runs `call` on the loop thread and returns the awaitable of what it replies. `call` and
// `convert` must hold no Python objects; `convert` runs with the GIL.
template <class T>
py::object submit(Policy& policy, std::function<void(Reply<T>)> call, std::function<py::object(Result<T>&)> convert) {
  py::object awaitable = make_awaitable(policy.loop());
  Reply<T> reply = awaitable_reply<T>(policy, awaitable, std::move(convert));
  policy.loop_queue()->post([call = std::move(call), reply = std::move(reply)] { call(reply); });
  return awaitable;
}

}  // namespace kiln::bindings
