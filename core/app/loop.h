// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
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
  // Ends the thread when the work posted so far is done.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::thread thread_;
};

}  // namespace kiln::app
