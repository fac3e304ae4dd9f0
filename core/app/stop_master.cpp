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

constexpr std::chrono::seconds quick_limit{10};
constexpr std::chrono::seconds look_interval{1};

// Somebody may call a clean stop off: then it is not waited for.
bool is_called_off(const BasedirFiles& files) {
  const auto status = ask_master(files.dir, {{"verb", "status"}});
  const Json* stopping = status && status->is_object() ? status->get_object().if_contains("stopping") : nullptr;
  return stopping != nullptr && stopping->is_bool() && !stopping->get_bool();
}

Result<void> wait_until_gone(const BasedirFiles& files, pid_t pid, bool clean) {
  const auto start = steady_clock::now();
  auto next_look = start + look_interval;
  while (::kill(pid, 0) == 0) {
    const auto now = steady_clock::now();
    if (!clean && now > start + quick_limit) {
      return make_error(Errc::timeout, fmt::format("process {} still runs after {} s: see {}", pid, quick_limit.count(),
                                                   files.log().string()));
    }
    if (clean && now > next_look) {
      if (is_called_off(files)) return make_error(Errc::cancelled, "the clean stop was called off: the master goes on");
      next_look = now + look_interval;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

Result<void> call_off(const BasedirFiles& files, bool quiet) {
  const auto answer = ask_master(files.dir, {{"verb", "cancel_stop"}});
  if (!answer) return answer.error();
  if (!quiet) fmt::print("the clean stop is called off\n");
  return {};
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
  if (!pid && options.cancel) return make_error(Errc::not_found, fmt::format("no master runs in {}", files->dir.string()));
  if (!pid) {
    if (!options.quiet) fmt::print("no master runs in {}\n", files->dir.string());
    return {};
  }
  if (options.cancel) return call_off(*files, options.quiet);
  if (auto told = tell_to_stop(*files, *pid, options.clean); !told) return told;
  if (options.no_wait) {
    if (!options.quiet) fmt::print("told process {} to stop\n", *pid);
    return {};
  }
  if (auto gone = wait_until_gone(*files, *pid, options.clean); !gone) return gone;
  if (!options.quiet) fmt::print("process {} has stopped\n", *pid);
  return {};
}

}  // namespace kiln::app
