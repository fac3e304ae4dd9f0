// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/net/stream.h"

namespace kiln::net {

// Owns coroutines that run on the loop thread: none outlives its group unseen. Destroying the group cancels what still
// runs; coroutines must therefore own, or share, what they use.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // `name` is for the log line when an exception ends the task.
  void spawn(std::string name, Task<void> task);
  std::size_t size() const;
  boost::asio::any_io_executor executor() const;
  // Asks all tasks to end: what they await fails with operation_aborted.
  void cancel();
  // Waits until all tasks have ended, at most `patience`; then cancels the others. Calls `done` once, later, with
  // the number of tasks that had to be cancelled.
  void shut_down(std::chrono::milliseconds patience, std::function<void(std::size_t)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kiln::net
