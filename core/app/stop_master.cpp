// SPDX-License-Identifier: MIT
#include "core/app/stop_master.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/app/basedir.h"
#include "core/app/control_socket.h"

namespace kiln::app {
namespace {

using std::chrono::steady_clock;

bool wait_until_gone(pid_t pid, std::optional<steady_clock::time_point> deadline) {
  while (::kill(pid, 0) == 0) {
    if (deadline && steady_clock::now() > *deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// By the control socket; a master without one (Buildbot's own, or one that is still starting) by a signal.
Result<void> tell_to_stop(const BasedirFiles& files, pid_t pid, bool clean) {
  if (ask_master(files.dir, {{"verb", "stop"}, {"clean", clean}})) return {};
  if (::kill(pid, clean ? SIGUSR1 : SIGTERM) == 0) return {};
  return make_error(Errc::fatal, fmt::format("cannot signal process {}: {}", pid, std::strerror(errno)));
}

}  // namespace

Result<void> stop_master(const Stop& options) {
  const auto files = open_basedir(options.basedir);
  if (!files) return files.error();
  const auto pid = running_master(*files);
  if (!pid) {
    if (!options.quiet) fmt::print("no master runs in {}\n", files->dir.string());
    return {};
  }
  if (auto told = tell_to_stop(*files, *pid, options.clean); !told) return told;
  if (options.no_wait) {
    if (!options.quiet) fmt::print("told process {} to stop\n", *pid);
    return {};
  }
  const auto deadline = options.clean ? std::optional<steady_clock::time_point>{}
                                      : steady_clock::now() + std::chrono::seconds(10);
  if (!wait_until_gone(*pid, deadline)) {
    return make_error(Errc::timeout, fmt::format("process {} still runs after 10 s: see {}", *pid, files->log().string()));
  }
  if (!options.quiet) fmt::print("process {} has stopped\n", *pid);
  return {};
}

}  // namespace kiln::app
