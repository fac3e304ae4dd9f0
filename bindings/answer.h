// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "bindings/queues.h"
#include "core/base/result.h"

namespace kiln::bindings {

// Carries one answer to the loop thread. Copies share it; the first answer counts. When the last copy goes without an
// answer (a task was cancelled, the policy thread has stopped) the asker gets `cancelled`.
template <class T = void>
class Answer {
 public:
  Answer(std::shared_ptr<LoopQueue> queue, Reply<T> reply)
      : pending_(std::make_shared<Pending>(std::move(queue), std::move(reply))) {}
  void operator()(Result<T> result) const { pending_->send(std::move(result)); }

 private:
  struct Pending {
    Pending(std::shared_ptr<LoopQueue> q, Reply<T> r) : queue(std::move(q)), reply(std::move(r)) {}
    ~Pending() { send(make_error(Errc::cancelled, "Python has stopped before it answered")); }
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    void send(Result<T> result) {
      if (!reply) return;
      queue->post([reply = std::exchange(reply, nullptr), result = std::move(result)]() mutable {
        reply(std::move(result));
      });
    }

    std::shared_ptr<LoopQueue> queue;
    Reply<T> reply;
  };
  std::shared_ptr<Pending> pending_;
};

}  // namespace kiln::bindings
