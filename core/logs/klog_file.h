// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/logs/klog_format.h"

namespace kiln::logs {

// An open file. Positional reads and writes only, so threads may share it.
class File {
 public:
  enum class Access { existing, make_empty };
  // Errors: not_found, storage_full, fatal. `existing` falls back to reading only where writing is forbidden.
  static Result<std::shared_ptr<const File>> open(const std::filesystem::path& path, Access access);
  File(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::filesystem::path& path() const { return path_; }
  Result<std::uint64_t> size() const;
  // Fewer bytes than asked for only at the end of the file.
  Result<std::string> read(std::uint64_t offset, std::size_t count) const;
  Result<> write(std::uint64_t offset, std::string_view bytes) const;
  Result<> truncate(std::uint64_t size) const;
  Result<> sync() const;

 private:
  int fd_;
  std::filesystem::path path_;
};
using FilePtr = std::shared_ptr<const File>;

// Errors: storage_full or fatal, naming the path.
Error file_error(const char* verb, const std::filesystem::path& path);
Result<> sync_directory(const std::filesystem::path& directory);

using Frames = std::map<LogId, std::vector<Frame>>;

struct Contents {
  Frames frames;                // of each log in line order
  std::uint64_t good_size = 0;  // where the next record goes: bytes after it are an index or damage
  bool has_index = false;
};

// Reads the index or, in a file without one, all records up to the first damaged one.
// Errors: bad_input when this is no .klog file.
Result<Contents> read_contents(const File& file);
// The text of one record. Errors: bad_input naming file and place.
Result<std::string> read_frame(const File& file, LogId log, const Frame& frame);
// The bytes of one record, checked. Errors: as read_frame().
Result<std::string> read_record(const File& file, LogId log, const Frame& frame);

// Takes the frame in when it goes on where the log ends; a gap is allowed, going back is not.
bool add_frame(Frames& frames, LogId log, const Frame& frame);

}  // namespace kiln::logs
