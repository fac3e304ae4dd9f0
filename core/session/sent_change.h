// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/script/config.h"

namespace kiln::session {

// The dictionary that `sendchange` gives to addChange. With a prefix, files that do not begin with it are left out, and
// it is cut off the others. Errors: bad_input naming the key.
Result<script::ChangeDraft> to_change(const JsonObject& sent, const std::optional<std::string>& prefix);

}  // namespace kiln::session
