// SPDX-License-Identifier: MIT
#include "core/app/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace kiln::app {
namespace {

// A record on the pipe is a kind byte, text without NUL, and a NUL.
bool handle_record(std::string_view record, bool quiet, int& status) {
  const std::string_view text = record.substr(1);
  switch (record[0]) {
    case '+':
      if (!quiet) fmt::print("{}\n", text);
      status = 0;
      return true;
    case '!':
      fmt::print(stderr, "{}\n", text);
      status = 1;
      return true;
    default:
      return false;
  }
}

int wait_for_child(int fd, pid_t child, const DaemonOptions& options) {
  std::string received;
  int status = 1;
  for (;;) {
    pollfd waiting{fd, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, options.timeout_s * 1000);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      fmt::print(stderr, "no progress for {} s: process {} is still starting; see twistd.log\n", options.timeout_s, child);
      return 1;
    }
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) {
      fmt::print(stderr, "the master ended while starting: see twistd.log\n");
      return 1;
    }
    received.append(buffer, static_cast<std::size_t>(n));
    for (std::size_t end = 0; (end = received.find('\0')) != std::string::npos;) {
      if (end > 0 && handle_record(std::string_view(received).substr(0, end), options.quiet, status)) {
        if (status != 0) ::waitpid(child, nullptr, 0);  // nothing of it is left when the command ends
        return status;
      }
      received.erase(0, end + 1);
    }
  }
}

void leave_terminal() {
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  if (null > STDERR_FILENO) ::close(null);
}

// Whoever started the command may wait for the end of a pipe that it passed on by oversight: a master must not hold it.
void close_inherited(int kept) {
  const auto first = static_cast<unsigned>(STDERR_FILENO + 1);
  const auto own = static_cast<unsigned>(kept);
  if (own > first) ::close_range(first, own - 1, 0);
  ::close_range(own + 1, ~0U, 0);
}

}  // namespace

StartReport::~StartReport() {
  if (fd_ >= 0) ::close(fd_);
}

void StartReport::send(char kind, std::string_view text) {
  if (fd_ < 0) {
    if (kind != '.') fmt::print(kind == '!' ? stderr : stdout, "{}\n", text);
    std::fflush(stdout);
    return;
  }
  std::string record = kind + std::string(text);
  record.push_back('\0');
  const char* data = record.data();
  for (std::size_t left = record.size(); left > 0;) {
    const ssize_t n = ::write(fd_, data, left);
    if (n <= 0) break;  // the command was interrupted: the master starts all the same
    data += n;
    left -= static_cast<std::size_t>(n);
  }
  if (kind == '.') return;
  ::close(fd_);
  fd_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
}

int run_as_daemon(const DaemonOptions& options, const std::function<int(StartReport&)>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    fmt::print(stderr, "cannot make a pipe: {}\n", std::strerror(errno));
    return 1;
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    fmt::print(stderr, "cannot make a process: {}\n", std::strerror(errno));
    return 1;
  }
  if (child == 0) {
    leave_terminal();
    close_inherited(ends[1]);
    StartReport report(ends[1]);
    return body(report);
  }
  ::close(ends[1]);
  const int status = wait_for_child(ends[0], child, options);
  ::close(ends[0]);
  return status;
}

}  // namespace kiln::app
