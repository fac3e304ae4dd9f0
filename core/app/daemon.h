// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace kiln::app {

// How the starting master tells the command `start` what it is doing. In the foreground it prints.
class StartReport {
 public:
  // `fd`: the pipe to the waiting command; -1: print.
  explicit StartReport(int fd) : fd_(fd) {}
  ~StartReport();
  StartReport(const StartReport&) = delete;
  StartReport& operator=(const StartReport&) = delete;

  void progress(std::string_view text) { send('.', text); }
  void running(std::string_view text) { send('+', text); }
  void failed(std::string_view text) { send('!', text); }

 private:
  void send(char kind, std::string_view text);
  int fd_;
};

struct DaemonOptions {
  bool quiet = false;
  int timeout_s = 10;  // without any progress
};

// Forks: the child leaves the terminal and runs `body` with its report; the caller waits until that says it is running
// or has failed. Returns the exit status: the child's in the child, 0 or 1 in the parent. Call while single-threaded.
int run_as_daemon(const DaemonOptions& options, const std::function<int(StartReport&)>& body);

}  // namespace kiln::app
