// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "core/base/clock.h"

namespace kiln::net {

// The real clock: timers on the loop thread's io_context.
class AsioClock : public Clock {
 public:
  explicit AsioClock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  std::chrono::microseconds now() const override;
  [[nodiscard]] std::unique_ptr<Timer> call_after(std::chrono::milliseconds delay,
                                                  std::function<void()> callback) override;

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace kiln::net
