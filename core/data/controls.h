// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/script/runtime.h"

namespace kiln::data {

struct ControlRequest {
  std::vector<std::string> path;  // decoded elements: "builds", "7"
  std::string method;             // "stop"
  JsonObject params;
  std::string owner = "anonymous";
};

// All that can be asked of a master besides reading. Loop thread, also the replies.
class Controls {
 public:
  virtual ~Controls() = default;
  // Errors: not_found (no such path), not_supported (the path has no such method), bad_input (`what` is JSON
  // {field: message}), forbidden, others with a text.
  virtual void control(ControlRequest request, Reply<Json> reply) = 0;
  virtual void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) = 0;
};

}  // namespace kiln::data
