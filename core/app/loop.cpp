// SPDX-License-Identifier: MIT
#include "core/app/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/net/asio_clock.h"

namespace kiln::app {
namespace asio = boost::asio;
namespace {

using std::chrono::nanoseconds;
constexpr std::chrono::milliseconds lateness_interval{1};

nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

}  // namespace

struct Loop::Parts {
  asio::io_context context{1};
  net::AsioClock clock{context.get_executor()};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;

  const bool is_watched = std::getenv("KILNBOT_LOOP_STATS") != nullptr;
  Stall longest;
  asio::steady_timer lateness{context};

  void run() {
    if (!is_watched) {
      context.run();
      return;
    }
    watch_lateness();
    for (nanoseconds before = processor_time(); context.run_one() > 0;) {
      const nanoseconds after = processor_time();
      longest.busy = std::max(longest.busy, after - before);
      before = after;
    }
  }

  void watch_lateness() {
    lateness.expires_after(lateness_interval);
    lateness.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      longest.late = std::max<nanoseconds>(longest.late, std::chrono::steady_clock::now() - lateness.expiry());
      watch_lateness();
    });
  }

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
        parts_->run();
        return;
      } catch (const std::exception& error) {
        log_error("the loop thread caught an exception: {}", error.what());
      }
    }
  });
}

std::optional<Loop::Stall> Loop::take_longest_stall() {
  if (!parts_->is_watched) return std::nullopt;
  return std::exchange(parts_->longest, {});
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
