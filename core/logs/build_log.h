// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/logs/klog_file.h"
#include "core/model/log_chunk.h"

namespace kiln::logs {

using SteadyTime = std::chrono::steady_clock::time_point;

// The lines of one log, wherever they are now: frames of the file followed by chunks in memory.
struct LogView {
  FilePtr file;
  std::vector<Frame> frames;
  std::vector<LogChunkPtr> tail;

  std::int64_t end_line() const;
};

// What is known of one build's file. Shared by the loop thread, the writer and readers; `mutex_` is never held
// during I/O.
class BuildLog {
 public:
  BuildLog(BuildId build, const std::filesystem::path& directory);

  const std::filesystem::path& path() const { return path_; }
  BuildId build() const { return build_; }

  // Reads the file's contents unless that was done. Blocks; any thread but the loop's.
  Result<> load();

  // Returns the bytes now unwritten.
  std::size_t append(LogChunkPtr chunk);
  std::size_t unwritten() const;
  // Whether it must stay in memory: appended to and not finished.
  bool is_active() const;

  // The part of the log that holds lines [first, end). load() must have succeeded.
  LogView view(LogId log, std::int64_t first, std::int64_t end) const;

  // The rest is for the writer thread.
  struct Batch {
    LogId log;
    std::vector<LogChunkPtr> chunks;
  };
  std::vector<Batch> pending() const;
  struct Written {
    LogId log;
    std::size_t chunk_count = 0;
    std::vector<Frame> frames;
  };
  // The first `chunk_count` pending chunks of each log are now frames, or were refused.
  void wrote(const std::vector<Written>& written, std::uint64_t good_size);
  std::int64_t stored_end_line(LogId log) const;
  FilePtr file() const;
  std::uint64_t good_size() const;
  Frames frames() const;
  bool has_index() const;
  void set_file(FilePtr file, Contents contents);
  void set_finished();

 private:
  struct Tail {
    std::deque<LogChunkPtr> chunks;
  };

  const BuildId build_;
  const std::filesystem::path path_;
  std::mutex loading_;  // held during load(), so that two threads do not scan
  mutable std::mutex mutex_;
  bool is_loaded_ = false;
  bool is_active_ = false;
  FilePtr file_;  // null: there is none yet
  Contents contents_;
  std::map<LogId, Tail> tails_;
  std::size_t unwritten_ = 0;
};
using BuildLogPtr = std::shared_ptr<BuildLog>;

// All builds in memory: those being written, and the most recently used others.
class BuildLogs {
 public:
  explicit BuildLogs(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Never null; makes it known when it is not.
  BuildLogPtr get(BuildId build);
  // Null when it is not in memory.
  BuildLogPtr find(BuildId build) const;
  BuildLogPtr append(LogChunkPtr chunk, std::size_t& unwritten);

 private:
  static constexpr std::size_t idle_limit = 64;
  struct Entry {
    BuildLogPtr log;
    std::uint64_t last_use = 0;
  };
  BuildLogPtr use(BuildId build);
  void drop_idle();

  const std::filesystem::path directory_;
  mutable std::mutex mutex_;
  std::map<BuildId, Entry> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace kiln::logs
