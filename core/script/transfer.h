// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace kiln::script {

// What a step wants done with the file data of its command: the master's end of an upload or a download.
struct TransferPlan {
  enum class Kind { upload_file, upload_directory, download_file, download_text };
  Kind kind = Kind::upload_file;
  std::filesystem::path path;  // absolute, on the master; not used by download_text
  std::string text;            // download_text: the bytes to give
  std::optional<std::int64_t> max_size;  // uploads: bytes
  std::optional<int> mode;               // upload_file: permission bits of the file made
  enum class Compression { none, gz, bz2 } compression = Compression::none;  // upload_directory: of the tar archive
};

// The master's end while a command runs. Loop thread; file work happens elsewhere and replies come later, in order,
// never from inside a call. Dropped by the link when the command has ended or is lost: what was not closed is undone.
class Transfer {
 public:
  virtual ~Transfer() = default;
  // Uploads. Errors: bad_input (more than max_size), forbidden, io: the text goes to the worker.
  virtual void write(std::string bytes, Reply<> reply) = 0;
  virtual void set_times(double accessed, double modified, Reply<> reply) = 0;  // seconds since the epoch
  virtual void unpack(Reply<> reply) = 0;                                       // upload_directory: after the last write
  // Downloads: up to `length` bytes, none at the end.
  virtual void read(std::size_t length, Reply<std::string> reply) = 0;
  virtual void close(Reply<> reply) = 0;
};
using TransferPtr = std::shared_ptr<Transfer>;

// Makes the master's ends. Loop thread.
class Transfers {
 public:
  virtual ~Transfers() = default;
  // Errors come with the first verb.
  virtual TransferPtr open(const TransferPlan& plan) = 0;
};

}  // namespace kiln::script
