// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/json.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {

// The arguments of a script::CommandRequest: {"__obfuscated__": [real, shown]} and {"__bytes__": latin-1 text}
// become what they stand for. Errors: bad_input when a marker is malformed.
Result<wire::ArgDict> to_args(const JsonObject& args);

}  // namespace kiln::session
