// SPDX-License-Identifier: MIT
#include "bindings/side_thread.h"

#include <utility>

#include "bindings/policy.h"
#include "bindings/python.h"

namespace kiln::bindings {

void SideThread::post(Work work) {
  std::unique_lock lock(mutex_);
  if (is_stopped_) {
    lock.unlock();  // destroying `work` may come back here
    return;
  }
  work_.push_back(std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  arrived_.notify_one();
}

void SideThread::stop() {
  std::vector<Work> dropped;
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    dropped = std::exchange(work_, {});
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SideThread::run() {
  for (;;) {
    std::vector<Work> batch;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return is_stopped_ || !work_.empty(); });
      if (is_stopped_) return;
      batch = std::exchange(work_, {});
    }
    const py::gil_scoped_acquire gil;
    for (Work& work : batch) {
      run_guarded(work);
      work = nullptr;
    }
  }
}

}  // namespace kiln::bindings
