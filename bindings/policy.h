// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "bindings/object_ref.h"
#include "bindings/python.h"
#include "bindings/queues.h"
#include "bindings/side_thread.h"

namespace kiln::bindings {

// The policy thread: a stock asyncio loop on the process's main thread, on which all callbacks and coroutines of users
// run. Made, run and destroyed there. Members take the GIL where they need it, except those marked "with the GIL".
class Policy {
 public:
  Policy();  // with the GIL
  ~Policy();
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // From any thread. Runs `work` with the GIL on the policy thread.
  bool post(Work work) { return work_->post(std::move(work)); }
  const std::shared_ptr<WorkQueue>& work_queue() const { return work_; }
  const std::shared_ptr<LoopQueue>& loop_queue() const { return replies_; }

  // From any thread, for work that runs no code of users.
  SideThread& side_thread() { return side_thread_; }

  // With the GIL.
  script::ObjectRef hold(py::object object) const { return std::make_shared<PythonObject>(std::move(object), work_); }
  py::handle loop() const { return loop_; }

  // With the GIL, policy thread: runs a coroutine as a task and gives the ended task to `done`, which may raise.
  void start(const py::object& coroutine, std::function<void(py::object task)> done);

  // Returns after quit(). What was posted before it has run; tasks that are left are cancelled.
  void run();
  void quit();  // from any thread
  // After run(): threads of user code are left for which the interpreter's end would wait for ever.
  bool has_threads_left() const { return has_threads_left_; }

 private:
  void drain();
  void wind_down();

  std::shared_ptr<WorkQueue> work_;
  std::shared_ptr<LoopQueue> replies_;
  SideThread side_thread_;
  PyObject* loop_ = nullptr;
  PyObject* flush_ = nullptr;  // the callable given to call_soon
  PyObject* tasks_ = nullptr;  // a set: asyncio itself keeps tasks only weakly
  bool is_draining_ = false;
  bool is_quitting_ = false;
  bool has_threads_left_ = false;
};

// Runs `work`; what escapes it is logged: the last wall before the asyncio loop. With the GIL.
void run_guarded(const Work& work);

}  // namespace kiln::bindings
