// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bindings/queues.h"

namespace kiln::bindings {

// A second Python thread, for code of buildbot_cfg's own that must not wait for a user's code on the policy thread.
// Work is run in order, with the GIL. Thread-safe.
class SideThread {
 public:
  SideThread() = default;
  ~SideThread() { stop(); }
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;

  // Starts the thread with the first work. Once stopped, work is dropped.
  void post(Work work);
  // Without the GIL: returns when the work that runs now has ended; what waits is dropped.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Work> work_;   // guarded by mutex_
  bool is_stopped_ = false;  // guarded by mutex_
  std::thread thread_;       // guarded by mutex_ until stopped
};

}  // namespace kiln::bindings
