// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/session/worker_paths.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {

struct TranslatedCommand {
  std::string name;
  wire::ArgDict args;
};

// A command as steps name it, which is how Perspective Broker sends it, as the msgpack protocol has it: other names and
// arguments, and absolute paths. `builder_dir` is absolute. Unknown commands stay as they are. Errors: bad_input: an
// argument is missing or no text.
Result<TranslatedCommand> translate_command(const std::string& name, wire::ArgDict args, const WorkerPaths& paths,
                                            const std::string& builder_dir);

}  // namespace kiln::session
