// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/base/json.h"
#include "core/engine/invariants.h"

namespace kiln::engine {

// The state that a violation was found in: builders, workers, requests, builds, locks, the last events. Names, numbers
// and times only: no properties, no reasons, no texts of people. Of each kind at most `limit` rows, the requests of the
// violations first.
JsonObject bundle(const World& world, const std::vector<Violation>& violations, std::size_t limit = 500);

}  // namespace kiln::engine
