// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace kiln {

// Seconds since the epoch, UTC, as the database keeps them.
using EpochSeconds = std::int64_t;

// Owned by whoever started the timer; destroying it cancels the timer.
class Timer {
 public:
  virtual ~Timer() = default;
};

// Time and timers of the loop thread. The real one is made in app/, tests use FakeClock.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock time since the epoch.
  virtual std::chrono::microseconds now() const = 0;

  // Calls `callback` once on the loop thread, never from inside this call.
  [[nodiscard]] virtual std::unique_ptr<Timer> call_after(std::chrono::milliseconds delay,
                                                          std::function<void()> callback) = 0;

  EpochSeconds now_s() const {
    return std::chrono::duration_cast<std::chrono::seconds>(now()).count();
  }
};

}  // namespace kiln
