// SPDX-License-Identifier: MIT
#include "core/app/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/log.h"
#include "core/net/asio_clock.h"

namespace kiln::app {
namespace asio = boost::asio;

struct Loop::Parts {
  asio::io_context context{1};
  net::AsioClock clock{context.get_executor()};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;

  std::mutex mutex;
  std::vector<std::function<void()>> queue;  // guarded by mutex

  void run_queue() {
    std::vector<std::function<void()>> taken;
    {
      const std::lock_guard lock(mutex);
      taken.swap(queue);
    }
    for (const auto& work_item : taken) work_item();
  }
};

Loop::Loop() : parts_(std::make_unique<Parts>()) {}

Loop::~Loop() { stop(); }

asio::io_context& Loop::context() { return parts_->context; }

Clock& Loop::clock() { return parts_->clock; }

void Loop::post(std::function<void()> work) {
  bool was_empty = false;
  {
    const std::lock_guard lock(parts_->mutex);
    was_empty = parts_->queue.empty();
    parts_->queue.push_back(std::move(work));
  }
  if (was_empty) asio::post(parts_->context, [this] { parts_->run_queue(); });
}

void Loop::start() {
  parts_->work.emplace(parts_->context.get_executor());
  thread_ = std::thread([this] {
    // An exception here is a bug in the core: it must not take running builds down, so it is logged and the loop goes on.
    for (;;) {
      try {
        parts_->context.run();
        return;
      } catch (const std::exception& error) {
        log_error("the loop thread caught an exception: {}", error.what());
      }
    }
  });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    parts_->work.reset();
    parts_->context.stop();
  });
  thread_.join();
}

}  // namespace kiln::app
