// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "core/base/clock.h"

namespace boost::asio {
class io_context;
}

namespace kiln::app {

// The loop thread: an io_context, its thread, and the queue by which other threads reach it.
class Loop {
 public:
  Loop();
  ~Loop();  // stop() first

  boost::asio::io_context& context();
  Clock& clock();
  // From any thread. Work is run in the order posted; many posts wake the loop once.
  void post(std::function<void()> work);
  void start();
  // The longest that one piece of work has kept the loop, and the latest that a timer has run, since this was last
  // asked; the second holds whatever else the machine did. Nullopt unless $KILNBOT_LOOP_STATS is set. Loop thread.
  struct Stall {
    std::chrono::nanoseconds busy{0};  // processor time
    std::chrono::nanoseconds late{0};
  };
  std::optional<Stall> take_longest_stall();
  // Ends the thread when the work posted so far is done.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::thread thread_;
};

}  // namespace kiln::app
