// SPDX-License-Identifier: MIT
#include "core/app/basedir.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace kiln::app {
namespace fs = std::filesystem;
namespace {

std::optional<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A process that took over the pid after a crash is no master: only one that works in the base directory, or has
// Buildbot's or our name, counts.
bool is_master_process(pid_t pid) {
  if (::kill(pid, 0) != 0 && errno != EPERM) return false;
  const auto command = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  if (!command) return true;
  return command->find("buildbot") != std::string::npos || command->find("kilnbot") != std::string::npos ||
         command->find("twistd") != std::string::npos;
}

}  // namespace

BasedirFiles files_in(const fs::path& dir) {
  BasedirFiles files{fs::absolute(dir).lexically_normal()};
  if (files.dir.filename().empty()) files.dir = files.dir.parent_path();
  return files;
}

Result<BasedirFiles> open_basedir(const fs::path& dir) {
  std::error_code ignored;
  const BasedirFiles files = files_in(dir);
  if (!fs::is_directory(files.dir, ignored)) {
    return make_error(Errc::not_found, "base directory '" + files.dir.string() + "' does not exist: run kilnbot create-master");
  }
  const auto tac = read_file(files.tac());
  if (!tac) {
    return make_error(Errc::not_found,
                      "no readable buildbot.tac in '" + files.dir.string() + "': run kilnbot create-master");
  }
  if (tac->find("buildmaster") == std::string::npos) {
    return make_error(Errc::bad_input, "'" + files.tac().string() + "' is not a master's: it makes no Application('buildmaster')");
  }
  return files;
}

std::optional<pid_t> running_master(const BasedirFiles& files) {
  const auto text = read_file(files.pid());
  if (!text) return std::nullopt;
  const long pid = std::strtol(text->c_str(), nullptr, 10);
  if (pid <= 0 || !is_master_process(static_cast<pid_t>(pid))) return std::nullopt;
  return static_cast<pid_t>(pid);
}

Result<PidFile> PidFile::take(const BasedirFiles& files) {
  if (const auto pid = running_master(files)) {
    return make_error(Errc::conflict, "a master runs already in '" + files.dir.string() + "' as process " +
                                          std::to_string(*pid) + ": stop it first");
  }
  ::unlink(files.pid().c_str());
  const int fd = ::open(files.pid().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    return make_error(Errc::fatal, "cannot write '" + files.pid().string() + "': " + std::strerror(errno));
  }
  const std::string text = std::to_string(::getpid());
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (!written) {
    ::unlink(files.pid().c_str());
    return make_error(Errc::fatal, "cannot write '" + files.pid().string() + "': disk full?");
  }
  return PidFile(files.pid());
}

PidFile::PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace kiln::app
