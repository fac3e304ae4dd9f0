// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "core/http/message.h"

namespace kiln::http {

// http.log: one line a request in the combined format, gathered in memory and written in blocks; renamed to `.1`, `.2`
// ... when it grows. Loop thread.
class AccessLog {
 public:
  struct Options {
    std::filesystem::path file;  // empty: none is written
    std::size_t max_bytes = 10'000'000;
    int max_files = 10;
  };
  explicit AccessLog(Options options);
  ~AccessLog();

  void add(const Request& request, int status, std::size_t body_bytes);
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void open();
  void rotate();

  Options options_;
  std::unique_ptr<std::FILE, Close> file_;
  std::size_t file_bytes_ = 0;
  std::string pending_;
};

}  // namespace kiln::http
