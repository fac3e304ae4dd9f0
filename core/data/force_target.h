// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/json.h"
#include "core/base/result.h"

namespace kiln::data {

// The builders that the parameters of a force name: one by id, else a list by name, else whatever the scheduler has.
struct ForceTarget {
  std::optional<BuilderId> id;
  std::vector<std::string> names;  // of no meaning with an id
};
// Errors: fatal, with a text for the client.
Result<ForceTarget> force_target(const JsonObject& params);

}  // namespace kiln::data
