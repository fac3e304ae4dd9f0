// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace kiln::app {

// The file names of a base directory, as Buildbot's.
struct BasedirFiles {
  std::filesystem::path dir;
  std::filesystem::path tac() const { return dir / "buildbot.tac"; }
  std::filesystem::path sample() const { return dir / "master.cfg.sample"; }
  std::filesystem::path pid() const { return dir / "twistd.pid"; }
  std::filesystem::path log() const { return dir / "twistd.log"; }
  std::filesystem::path http_log() const { return dir / "http.log"; }
  std::filesystem::path logs() const { return dir / "kiln-logs"; }
  std::filesystem::path invariants() const { return dir / "invariants"; }
  std::filesystem::path socket() const { return dir / "kilnbot.sock"; }
};

// The files of a base directory that need not exist yet; `dir` becomes absolute and loses a trailing slash.
BasedirFiles files_in(const std::filesystem::path& dir);

// Errors: not_found when the directory is missing or holds no buildbot.tac of a master.
Result<BasedirFiles> open_basedir(const std::filesystem::path& dir);

// The process that runs the master of this base directory; nullopt: none (a pid file of a dead process does not count).
std::optional<pid_t> running_master(const BasedirFiles& files);

// twistd.pid, held by the running master: removed by the destructor.
class PidFile {
 public:
  // Errors: conflict when a living process holds it.
  static Result<PidFile> take(const BasedirFiles& files);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  explicit PidFile(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace kiln::app
