// SPDX-License-Identifier: MIT
#include "core/base/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>

#include "core/base/secrets.h"

namespace kiln {
namespace {

// The one place where process-wide state is allowed: every thread logs.
class LogSink {
 public:
  ~LogSink() { close_file(); }

  void write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (max_bytes_ != 0 && size_ != 0 && size_ + line.size() > max_bytes_) rotate();
    const char* data = line.data();
    std::size_t left = line.size();
    while (left > 0) {
      const ssize_t n = ::write(fd_, data, left);
      if (n <= 0) return;  // nowhere left to report to
      data += n;
      left -= static_cast<std::size_t>(n);
    }
    size_ += line.size();
  }

  void open(const std::filesystem::path& file, std::size_t max_bytes, int max_files) {
    const std::lock_guard lock(mutex_);
    file_ = file;
    max_bytes_ = max_bytes;
    max_files_ = max_files;
    reopen();
  }

 private:
  void close_file() {
    if (fd_ != STDERR_FILENO) ::close(fd_);
    fd_ = STDERR_FILENO;
  }

  void reopen() {
    close_file();
    const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return;
    fd_ = fd;
    struct stat info {};
    size_ = ::fstat(fd_, &info) == 0 ? static_cast<std::size_t>(info.st_size) : 0;
  }

  std::filesystem::path numbered(int n) const { return file_.string() + "." + std::to_string(n); }

  void rotate() {
    std::error_code ignored;
    int last = 0;
    while (std::filesystem::exists(numbered(last + 1), ignored)) ++last;
    for (int n = last; n >= 1; --n) {
      if (max_files_ >= 0 && n + 1 > max_files_) {
        std::filesystem::remove(numbered(n), ignored);
      } else {
        std::filesystem::rename(numbered(n), numbered(n + 1), ignored);
      }
    }
    std::filesystem::rename(file_, numbered(1), ignored);
    reopen();
  }

  std::mutex mutex_;
  int fd_ = STDERR_FILENO;
  std::filesystem::path file_;
  std::size_t max_bytes_ = 0;
  std::size_t size_ = 0;
  int max_files_ = -1;
};

LogSink& sink() {
  static LogSink the_sink;
  return the_sink;
}

// Read by every thread, changed rarely.
class HiddenValues {
 public:
  void add(const std::string& name, const std::string& value) {
    const std::lock_guard lock(mutex_);
    if (secrets_.add(name, value)) has_any_ = true;
  }
  std::string masked(std::string_view text) {
    if (!has_any_) return std::string(text);
    const std::lock_guard lock(mutex_);
    return secrets_.masked(text);
  }

 private:
  std::mutex mutex_;
  Secrets secrets_;
  std::atomic<bool> has_any_{false};
};

HiddenValues& hidden_values() {
  static HiddenValues the_values;
  return the_values;
}

std::string timestamp() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[40];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S%z", &local);
  return {text, n};
}

const char* marker(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug: ";
    case LogLevel::info: return "";
    case LogLevel::warning: return "warning: ";
    case LogLevel::error: return "error: ";
  }
  return "";
}

}  // namespace

void log_line(LogLevel level, std::string_view text, std::string_view system) {
  std::string line = timestamp() + " [";
  line.append(system).append("] ").append(marker(level));
  for (const char c : hidden_values().masked(text)) {
    line += c;
    if (c == '\n') line += '\t';  // continuation lines are indented, so a line start is always ours
  }
  line += '\n';
  sink().write(line);
}

void hide_in_log(const std::string& name, const std::string& value) { hidden_values().add(name, value); }

void log_to_file(const std::filesystem::path& file, std::size_t max_bytes, int max_files) {
  sink().open(file, max_bytes, max_files);
}

}  // namespace kiln
