// SPDX-License-Identifier: MIT
#include "core/model/results.h"

#include <algorithm>

namespace kiln {
namespace {

constexpr std::array worst_first{Results::cancelled, Results::retry,   Results::exception, Results::failure,
                                 Results::warnings,  Results::success, Results::skipped};

}  // namespace

Results worst_status(Results a, Results b) {
  return *std::find_if(worst_first.begin(), worst_first.end(), [&](Results r) { return r == a || r == b; });
}

MergedResult merge_result(const ResultFlags& flags, Results step, Results previous_total) {
  Results counted = step;
  bool terminate = false;
  switch (step) {
    case Results::failure:
      counted = flags.flunk_on_failure  ? Results::failure
                : flags.warn_on_failure ? Results::warnings
                                        : Results::success;
      terminate = flags.halt_on_failure;
      break;
    case Results::warnings:
      counted = flags.flunk_on_warnings  ? Results::failure
                : flags.warn_on_warnings ? Results::warnings
                                         : Results::success;
      break;
    case Results::exception:
    case Results::retry:
    case Results::cancelled:
      terminate = true;
      break;
    case Results::success:
    case Results::skipped:
      break;
  }
  return {worst_status(previous_total, counted), terminate};
}

}  // namespace kiln
