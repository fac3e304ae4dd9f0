// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/logs/log_store.h"
#include "core/model/entities.h"

namespace kiln::db {
class Connection;
}

namespace kiln::data {

// A log and what people call the place it comes from.
struct LogPlace {
  Log log;
  BuildId build;
  std::int64_t build_number = 0;
  std::string builder_name;
  std::string worker_name;
  std::string step_name;
};

// Lines [first, first + count) as far as they exist, from the build's .klog file or, where it has none, from upstream's
// logchunks table. Reader thread.
Result<logs::LogStore::Lines> read_log_lines(db::Connection& db, const logs::LogStore& logs, BuildId build, LogId log,
                                             std::int64_t first, std::int64_t count);

// Consecutive pieces of a log's text, sized by bytes so that memory stays bounded whatever the log's length.
class LogPieces {
 public:
  LogPieces(const logs::LogStore& logs, BuildId build, LogId log, std::int64_t first, std::int64_t end)
      : logs_(logs), build_(build), log_(log), next_(first), end_(end) {}

  // The next lines; empty: the end. Reader thread.
  Result<std::string> next(db::Connection& db);
  bool at_end() const { return next_ >= end_; }

 private:
  const logs::LogStore& logs_;
  BuildId build_;
  LogId log_;
  std::int64_t next_;
  std::int64_t end_;
  std::int64_t window_ = 2000;  // lines
};

// A stream log's lines without the letter that each starts with.
std::string without_stream_letters(std::string_view lines);

}  // namespace kiln::data
