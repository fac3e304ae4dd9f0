// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/script/runtime.h"

struct _object;  // PyObject

namespace kiln::bindings {

using Work = std::function<void()>;

// Work for the policy thread. Thread-safe; kept alive by everything that may still post, so it outlives the
// interpreter. Work may be destroyed on any thread: it holds Python objects only through script::ObjectRef.
class WorkQueue {
 public:
  struct Batch {
    std::vector<Work> work;
    std::vector<_object*> drops;
  };

  WorkQueue();
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False, and the work is destroyed, when the queue is closed.
  bool post(Work work);
  // Gives back one reference; without the GIL. Leaks it when the queue is closed: the interpreter may be gone.
  void drop(_object* object) noexcept;

  // The policy thread's side.
  int wakeup_fd() const { return wakeup_fd_; }
  Batch take();
  void close();

 private:
  void wake() const;

  std::mutex mutex_;
  Batch batch_;         // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_
  const int wakeup_fd_;
};

// Work for the loop thread, handed over in batches. Thread-safe; outlives the host: once detached, work is dropped.
class LoopQueue {
 public:
  // `schedule_flush` is called on the policy thread when the first work of a batch arrives there.
  explicit LoopQueue(std::function<void()> schedule_flush);
  LoopQueue(const LoopQueue&) = delete;
  LoopQueue& operator=(const LoopQueue&) = delete;

  void attach(script::MasterHost& host);
  // Hands over what is left; from then on nothing leaves.
  void detach();
  void post(Work work);
  void flush();

 private:
  void flush_locked();

  std::mutex mutex_;
  std::vector<Work> work_;                // guarded by mutex_
  script::MasterHost* host_ = nullptr;    // guarded by mutex_
  const std::thread::id policy_thread_;
  std::function<void()> schedule_flush_;  // policy thread
};

}  // namespace kiln::bindings
