// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/jelly.h"

namespace kiln::wire {

enum class UpdateStream { standard_output, standard_error, header };

// Text of the command's own streams. `text` holds the bytes as sent: UTF-8 from Python 3 workers,
// anything from older ones.
struct StreamUpdate {
  UpdateStream stream;
  std::string_view text;
};

// Text of a log file that the worker follows.
struct LogFileUpdate {
  std::string name;
  std::string_view text;
};

struct ExitCodeUpdate {
  std::int64_t code = 0;  // -1: killed by a signal
};

struct ElapsedUpdate {
  double seconds = 0;
};

struct FailureReasonUpdate {
  std::string reason;  // "timeout", "timeout_without_output" or "max_lines_failure"
};

struct FilesUpdate {
  std::vector<std::string> names;
};

struct StatUpdate {
  std::array<std::int64_t, 10>
      fields{};  // mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime
};

struct OtherUpdate {
  std::string key;
  Json value;
};

using Update = std::variant<StreamUpdate, LogFileUpdate, ExitCodeUpdate, ElapsedUpdate,
                            FailureReasonUpdate, FilesUpdate, StatUpdate, OtherUpdate>;

// The argument of one `update` call, in the order of the worker.
struct Updates {
  std::vector<Update> items;
  std::int64_t number = 0;  // what the call must be answered with

  // Keeps alive what views point to when they do not point into the receive buffer.
  std::shared_ptr<const Jelly> storage;
};

// Reads the banana bytes of the call's argument tuple; texts are views into them.
// Errors: bad_input.
Result<Updates> read_updates(std::string_view args);

}  // namespace kiln::wire
