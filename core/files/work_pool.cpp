// SPDX-License-Identifier: MIT
#include "core/files/work_pool.h"

#include <utility>

namespace kiln::files {

WorkPool::WorkPool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkPool::~WorkPool() { stop(); }

void WorkPool::Lane::post(std::function<void()> work) {
  {
    const std::lock_guard lock(pool_->mutex_);
    if (!pool_->is_stopped_) {
      queue_->work.push_back(std::move(work));
      if (!std::exchange(queue_->is_busy, true)) {
        pool_->ready_.push_back(queue_);
        pool_->wake_.notify_one();
      }
      return;
    }
  }
  work();
}

void WorkPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return is_stopped_ || !ready_.empty(); });
    if (ready_.empty()) return;
    do_one(lock);
  }
}

// A lane goes to the end after each piece, so that a long one does not hold back the others.
void WorkPool::do_one(std::unique_lock<std::mutex>& lock) {
  const auto queue = std::move(ready_.front());
  ready_.pop_front();
  auto work = std::move(queue->work.front());
  queue->work.pop_front();
  lock.unlock();
  work();
  work = nullptr;  // what goes with it may post more work
  lock.lock();
  queue->is_busy = !queue->work.empty();
  if (!queue->is_busy) return;
  ready_.push_back(queue);
  wake_.notify_one();
}

void WorkPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace kiln::files
