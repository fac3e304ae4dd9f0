// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "core/base/result.h"
#include "core/model/log_chunk.h"

namespace kiln::logs {

// Where the lines of running builds go. Called on the loop thread, never blocks.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void append(LogChunkPtr chunk) = 0;
  // Replies once everything appended to the build so far is stored.
  virtual void flush(BuildId build, Reply<> reply) = 0;
  // No more appends. Replies when the build's logs are complete.
  virtual void finish_build(BuildId build, Reply<> reply) = 0;
  // Bytes appended and not yet written: above 4 MiB a build's worker should not be read.
  virtual std::size_t unwritten_bytes(BuildId build) const = 0;
};

}  // namespace kiln::logs
