// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/ids.h"

namespace kiln {

// Whole lines of one log, immutable, shared by the log file, live readers and Python observers.
struct LogChunk {
  BuildId build;
  LogId log;
  std::int64_t first_line = 0;
  std::int64_t line_count = 0;
  std::string text;  // UTF-8; each line ends with \n; in stream logs each starts with o, e or h
};
using LogChunkPtr = std::shared_ptr<const LogChunk>;

}  // namespace kiln
