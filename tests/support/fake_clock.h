// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "core/base/clock.h"

namespace kiln::testing {

// A clock that stands still until a test advances it. Timers run in order of their time.
class FakeClock : public Clock {
 public:
  std::chrono::microseconds now() const override { return now_ + offset_; }

  std::unique_ptr<Timer> call_after(std::chrono::milliseconds delay, std::function<void()> callback) override {
    const Key key{now_ + delay, ++last_};
    timers_[key] = std::move(callback);
    return std::make_unique<FakeTimer>(*this, key);
  }

  // Runs one timer that is due now; false: there is none.
  bool run_one() {
    if (timers_.empty() || timers_.begin()->first.first > now_) return false;
    const auto callback = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    callback();
    return true;
  }
  // Time goes on to the next timer that is due within `limit`, or by `limit`. False: no timer was due.
  bool advance_to_next(std::chrono::microseconds limit) {
    const bool found = !timers_.empty() && timers_.begin()->first.first <= now_ + limit;
    now_ = found ? std::max(now_, timers_.begin()->first.first) : now_ + limit;
    return found;
  }
  // Somebody sets the wall clock: timers do not care.
  void jump(std::chrono::microseconds by) { offset_ += by; }
  void set_wall(std::chrono::seconds time) { offset_ = time - now_; }
  std::size_t pending() const { return timers_.size(); }

 private:
  using Key = std::pair<std::chrono::microseconds, std::uint64_t>;

  class FakeTimer : public Timer {
   public:
    FakeTimer(FakeClock& clock, Key key) : clock_(clock), key_(key) {}
    ~FakeTimer() override { clock_.timers_.erase(key_); }

   private:
    FakeClock& clock_;
    Key key_;
  };

  std::chrono::microseconds offset_{0};
  std::chrono::microseconds now_ = std::chrono::seconds(1'700'000'000);
  std::uint64_t last_ = 0;
  std::map<Key, std::function<void()>> timers_;
};

}  // namespace kiln::testing
