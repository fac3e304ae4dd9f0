// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/engine/invariant.h"

namespace kiln::app {

// Writes what was found to `directory`/NAME-TIME.json. The oldest files go when there are more than 20.
void keep_bundle(const std::filesystem::path& directory, EpochSeconds now,
                 const std::vector<engine::Violation>& violations, const JsonObject& bundle);

}  // namespace kiln::app
