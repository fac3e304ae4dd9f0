// SPDX-License-Identifier: MIT
#include "bindings/policy.h"

#include <exception>
#include <utility>

#include "bindings/python_error.h"
#include "core/base/log.h"

namespace kiln::bindings {
namespace {

constexpr double seconds_for_cancelled_tasks = 5.0;

}  // namespace

void run_guarded(const Work& work) {
  try {
    work();
  } catch (const py::error_already_set& raised) {
    log_error("unexpected exception on the policy thread: {}", script_error(raised).what);
  } catch (const std::exception& raised) {
    log_error("unexpected exception on the policy thread: {}", raised.what());
  }
}

Policy::Policy() : work_(std::make_shared<WorkQueue>()) {
  const py::module_ asyncio = py::module_::import("asyncio");
  py::object loop = asyncio.attr("new_event_loop")();
  asyncio.attr("set_event_loop")(loop);
  replies_ = std::make_shared<LoopQueue>([this] {
    // While draining the flush comes anyway; otherwise a plain callback submitted something and nobody else would wake.
    if (is_draining_) return;
    const py::gil_scoped_acquire gil;
    run_guarded([this] { py::handle(loop_).attr("call_soon")(py::handle(flush_)); });
  });
  loop.attr("add_reader")(work_->wakeup_fd(), py::cpp_function([this] { drain(); }));
  flush_ = py::cpp_function([replies = replies_] {
             const py::gil_scoped_release no_gil;  // the loop's own locks come next
             replies->flush();
           }).release().ptr();
  tasks_ = py::set().release().ptr();
  loop_ = loop.release().ptr();
}

Policy::~Policy() {
  const py::gil_scoped_acquire gil;
  {
    const py::gil_scoped_release no_gil;
    side_thread_.stop();
  }
  work_->close();
  replies_->detach();
  try {
    py::handle(loop_).attr("remove_reader")(work_->wakeup_fd());
    py::handle(loop_).attr("close")();
    py::module_::import("asyncio").attr("set_event_loop")(py::none());
  } catch (const py::error_already_set& raised) {
    log_error("cannot close the policy loop: {}", script_error(raised).what);
  }
  Py_CLEAR(tasks_);
  Py_CLEAR(flush_);
  Py_CLEAR(loop_);
}

void Policy::start(const py::object& coroutine, std::function<void(py::object)> done) {
  py::object task = py::handle(loop_).attr("create_task")(coroutine);
  if (PySet_Add(tasks_, task.ptr()) < 0) throw py::error_already_set();
  task.attr("add_done_callback")(py::cpp_function([this, done = std::move(done)](py::object ended) {
    PySet_Discard(tasks_, ended.ptr());
    run_guarded([&] { done(std::move(ended)); });
  }));
}

void Policy::drain() {
  is_draining_ = true;
  WorkQueue::Batch batch = work_->take();
  // First: work that collects garbage wants to find them.
  for (PyObject* object : batch.drops) Py_DECREF(object);
  for (Work& work : batch.work) {
    run_guarded(work);
    work = nullptr;
  }
  is_draining_ = false;
  const py::gil_scoped_release no_gil;
  replies_->flush();
}

void Policy::run() {
  const py::gil_scoped_acquire gil;
  // asyncio lets SystemExit and KeyboardInterrupt of any callback through; a user's sys.exit() does not end the master.
  while (!is_quitting_) run_guarded([this] { py::handle(loop_).attr("run_forever")(); });
  run_guarded([this] { wind_down(); });
  work_->close();
  const py::gil_scoped_release no_gil;
  side_thread_.stop();
  replies_->detach();
}

void Policy::quit() {
  work_->post([this] {
    is_quitting_ = true;
    py::handle(loop_).attr("stop")();
  });
}

void Policy::wind_down() {
  const py::module_ asyncio = py::module_::import("asyncio");
  const py::handle loop(loop_);
  const py::object tasks = asyncio.attr("all_tasks")(loop);
  if (py::len(tasks) > 0) {
    for (const py::handle task : tasks) task.attr("cancel")();
    const py::object wait = asyncio.attr("wait")(tasks, py::arg("timeout") = seconds_for_cancelled_tasks);
    loop.attr("run_until_complete")(wait);
  }
  loop.attr("run_until_complete")(loop.attr("shutdown_asyncgens")());
  has_threads_left_ = !py::module_::import("buildbot_cfg._policy").attr("wind_down")(loop).cast<bool>();
  drain();
}

}  // namespace kiln::bindings
