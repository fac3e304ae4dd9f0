// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/invariants.h"

namespace kiln::engine {

// Looks for violations while a master runs: every so often, and after a new configuration. In pieces, so that the loop
// is never held for long. Loop thread.
class InvariantWatch {
 public:
  // `heal`: the matcher looks at all requests again.
  InvariantWatch(const World& world, Clock& clock, std::function<void()> heal);

  void start(std::chrono::seconds interval, InvariantReport report);
  void look_now();  // once it was started
  std::vector<InvariantRow> rows() const { return rows_; }

 private:
  void look();
  void found(const std::vector<Violation>& violations);

  World world_;
  Clock& clock_;
  std::function<void()> heal_;
  std::chrono::seconds interval_{0};
  InvariantReport report_;
  std::optional<Sweep> sweep_;  // the one that is under way
  int pieces_ = 0;              // of it, so far
  std::unique_ptr<Timer> timer_;
  std::vector<InvariantRow> rows_;
  std::set<std::pair<Invariant, std::string>> known_;  // by the last look
};

}  // namespace kiln::engine
