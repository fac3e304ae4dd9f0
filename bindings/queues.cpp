// SPDX-License-Identifier: MIT
#include "bindings/queues.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

namespace kiln::bindings {

WorkQueue::WorkQueue() : wakeup_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  KILN_CHECK(wakeup_fd_ >= 0);
}

WorkQueue::~WorkQueue() { ::close(wakeup_fd_); }

bool WorkQueue::post(Work work) {
  std::unique_lock lock(mutex_);
  if (closed_) {
    lock.unlock();  // destroying `work` may come back here
    return false;
  }
  const bool was_empty = batch_.work.empty() && batch_.drops.empty();
  batch_.work.push_back(std::move(work));
  if (was_empty) wake();
  return true;
}

void WorkQueue::drop(_object* object) noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  const bool was_empty = batch_.work.empty() && batch_.drops.empty();
  batch_.drops.push_back(object);
  if (was_empty) wake();
}

WorkQueue::Batch WorkQueue::take() {
  // The counter is cleared before the swap: work that comes in between either is taken or wakes again.
  std::uint64_t count = 0;
  while (::read(wakeup_fd_, &count, sizeof count) < 0 && errno == EINTR) continue;
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

void WorkQueue::close() {
  Batch left;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  left.work = std::exchange(batch_.work, {});
}

void WorkQueue::wake() const {
  const std::uint64_t one = 1;
  while (::write(wakeup_fd_, &one, sizeof one) < 0 && errno == EINTR) continue;
}

LoopQueue::LoopQueue(std::function<void()> schedule_flush)
    : policy_thread_(std::this_thread::get_id()), schedule_flush_(std::move(schedule_flush)) {}

void LoopQueue::attach(script::MasterHost& host) {
  const std::lock_guard lock(mutex_);
  host_ = &host;
}

void LoopQueue::detach() {
  const std::lock_guard lock(mutex_);
  flush_locked();
  host_ = nullptr;
}

void LoopQueue::post(Work work) {
  {
    std::unique_lock lock(mutex_);
    if (!host_) {
      lock.unlock();  // destroying `work` may come back here
      return;
    }
    const bool is_first = work_.empty();
    work_.push_back(std::move(work));
    // What the policy thread has queued may wait for a user's code to return: other threads do not wait with it.
    if (!is_first && std::this_thread::get_id() == policy_thread_) return;
  }
  if (std::this_thread::get_id() == policy_thread_) {
    schedule_flush_();
  } else {
    flush();
  }
}

void LoopQueue::flush() {
  const std::lock_guard lock(mutex_);
  flush_locked();
}

void LoopQueue::flush_locked() {
  if (work_.empty() || !host_) return;
  // Held by pointer: std::function copies what it holds.
  auto batch = std::make_shared<std::vector<Work>>(std::exchange(work_, {}));
  host_->post_to_loop([batch] {
    for (Work& work : *batch) {
      work();
      work = nullptr;
    }
  });
}

}  // namespace kiln::bindings
