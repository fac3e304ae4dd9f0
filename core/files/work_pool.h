// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kiln::files {

// A few threads for work that blocks. Thread-safe.
class WorkPool : public std::enable_shared_from_this<WorkPool> {
 public:
  explicit WorkPool(std::size_t threads);
  ~WorkPool();

  // Its work is done one by one, in order, on any thread of the pool.
  class Lane {
   public:
    explicit Lane(std::shared_ptr<WorkPool> pool) : pool_(std::move(pool)) {}
    // After the pool's stop(): done at once, on the calling thread.
    void post(std::function<void()> work);

   private:
    friend class WorkPool;
    struct Queue {
      std::deque<std::function<void()>> work;
      bool is_busy = false;
    };
    std::shared_ptr<WorkPool> pool_;
    std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();  // guarded by the pool's mutex
  };

  // Does what was posted so far and ends the threads.
  void stop();

 private:
  void run();
  void do_one(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Lane::Queue>> ready_;  // each has work and is on no thread
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kiln::files
