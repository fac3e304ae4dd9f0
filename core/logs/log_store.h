// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/logs/log_sink.h"
#include "core/model/log_chunk.h"

namespace kiln::logs {

// The .klog files of a base directory: one file a build, `kiln-logs/<build id / 1000>/<build id>.klog` (docs/klog.md).
// append, flush and finish_build are called on the loop thread and never block; one writer thread compresses and writes.
// Reads may be made on any thread, also of logs that are still growing; they see everything appended so far.
class LogStore : public LogSink {
 public:
  struct Options {
    std::filesystem::path directory;                           // <basedir>/kiln-logs; made when missing
    std::function<void(std::function<void()>)> post_to_loop;  // replies are made there
  };
  static Result<std::unique_ptr<LogStore>> open(Options options);
  ~LogStore() override;  // writes everything appended

  void append(LogChunkPtr chunk) override;
  // Replies once everything appended to the build so far is in its file (fdatasync done).
  void flush(BuildId build, Reply<> reply) override;
  // No more appends: the file is rewritten with its index (tmp + rename). Replies when done.
  void finish_build(BuildId build, Reply<> reply) override;
  // Bytes appended and not yet written: above 4 MiB a build's worker should not be read.
  std::size_t unwritten_bytes(BuildId build) const override;

  struct Lines {
    std::int64_t first_line = 0;
    std::int64_t line_count = 0;
    std::string text;  // as in LogChunk
  };
  // Lines [first, first + count) as far as they exist; count < 0: to the end. A log without lines gives empty text.
  Result<Lines> read(BuildId build, LogId log, std::int64_t first, std::int64_t count) const;
  // The whole log in pieces of about 64 KiB to 1 MiB, in order; `take` returns false to stop.
  Result<void> read_all(BuildId build, LogId log, const std::function<bool(std::string_view)>& take) const;
  // Lines that the file (or memory) holds of the log; used to reconcile num_lines after a crash.
  Result<std::int64_t> line_count(BuildId build, LogId log) const;

 private:
  struct Parts;
  explicit LogStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kiln::logs
