// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace kiln {

// Result codes as stored and as sent in REST.
enum class Results : int {
  success = 0,
  warnings = 1,
  failure = 2,
  skipped = 3,
  exception = 4,
  retry = 5,
  cancelled = 6,
};

inline constexpr std::array<std::string_view, 7> results_names{
    "success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"};

constexpr std::string_view to_string(Results results) {
  return results_names[static_cast<std::size_t>(results)];
}

// The worse of two; from worst: cancelled, retry, exception, failure, warnings, success, skipped.
Results worst_status(Results a, Results b);

struct ResultFlags {
  bool halt_on_failure = false;
  bool flunk_on_failure = true;
  bool flunk_on_warnings = false;
  bool warn_on_failure = false;
  bool warn_on_warnings = false;
};

struct MergedResult {
  Results total;
  bool terminate;  // no further steps, except those with always_run
};

// How a step's result changes its build's (semantics.md section 1).
MergedResult merge_result(const ResultFlags& flags, Results step, Results previous_total);

}  // namespace kiln
