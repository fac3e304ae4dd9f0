// SPDX-License-Identifier: MIT
#include "core/net/asio_clock.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace kiln::net {
namespace {

class AsioTimer : public Timer {
 public:
  AsioTimer(const boost::asio::any_io_executor& executor, std::chrono::milliseconds delay,
            std::function<void()> callback)
      : callback_(std::make_shared<std::function<void()>>(std::move(callback))), timer_(executor, delay) {
    timer_.async_wait([callback = callback_](const boost::system::error_code&) {
      // Empty when the timer was destroyed, even after it had expired. The callback may destroy the timer.
      if (const auto call = std::exchange(*callback, nullptr)) call();
    });
  }
  ~AsioTimer() override { *callback_ = nullptr; }

 private:
  std::shared_ptr<std::function<void()>> callback_;
  boost::asio::steady_timer timer_;
};

}  // namespace

std::chrono::microseconds AsioClock::now() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
}

std::unique_ptr<Timer> AsioClock::call_after(std::chrono::milliseconds delay, std::function<void()> callback) {
  return std::make_unique<AsioTimer>(executor_, delay, std::move(callback));
}

}  // namespace kiln::net
