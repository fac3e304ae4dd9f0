// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace kiln::files {

// An open file, closed at the end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// What errno says of `doing` something with `path`.
Error file_error(int number, std::string_view doing, const std::filesystem::path& path);
Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);
Result<void> make_directories(const std::filesystem::path& directory);

// A new file in a directory, for this process's user only; its name begins as upstream's do.
struct TemporaryFile {
  Descriptor file;
  std::filesystem::path path;
};
Result<TemporaryFile> make_temporary(const std::filesystem::path& directory);

}  // namespace kiln::files
