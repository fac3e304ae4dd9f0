// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/script/step.h"

namespace kiln::engine {

// What a NightlyTriggerable was last asked for, as upstream keeps it in object_state (db.md, lastTrigger).
struct StoredTrigger {
  std::vector<script::StampOrder> sourcestamps;
  Properties properties;
  std::optional<BuildId> parent;
  std::optional<std::string> parent_relationship;
};

Json to_json(const StoredTrigger& trigger);
// None: null, or nothing that is understood.
std::optional<StoredTrigger> to_trigger(const Json& value);

}  // namespace kiln::engine
