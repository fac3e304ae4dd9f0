// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/json.h"

namespace kiln::engine {

// What must hold whenever the loop thread is between two things that it does (docs/reliability.md says each in words).
enum class Invariant { eligible_and_idle, lost_request, zombie, stop_deadline, queues, buildsets, locks };
constexpr std::array<std::string_view, 7> invariant_names{"eligible_and_idle", "lost_request", "zombie", "stop_deadline",
                                                          "queues",            "buildsets",    "locks"};
constexpr std::string_view name_of(Invariant invariant) { return invariant_names[static_cast<std::size_t>(invariant)]; }

struct Violation {
  Invariant invariant;
  std::string object;  // "request 7"
  std::string text;
};

// One invariant as it has held so far.
struct InvariantRow {
  std::string_view name;
  std::int64_t violations = 0;  // each object once, until it is well again
  std::int64_t broken = 0;      // objects, by the last look
  std::int64_t checks = 0;      // looks at everything
  std::optional<EpochSeconds> checked_at;
  std::optional<EpochSeconds> violated_at;
  std::string violation;  // the last one in words
};

// Hears what was found for the first time, and the state that it was found in.
using InvariantReport = std::function<void(const std::vector<Violation>& violations, JsonObject bundle)>;

}  // namespace kiln::engine
