// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kiln::session {

// A process of the unmodified buildbot-worker: $KILN_WORKER_CMD, else .venv/bin/buildbot-worker of this checkout.
// It never retries later than after a second. Its destructor ends it.
class RealWorker {
 public:
  RealWorker(std::uint16_t port, const std::string& name, const std::string& password,
             const std::string& protocol = "pb");
  ~RealWorker();
  RealWorker(const RealWorker&) = delete;
  RealWorker& operator=(const RealWorker&) = delete;

  bool has_exited();
  std::string log() const;  // what it wrote so far
  void touch_shutdown_file();
  const std::filesystem::path& basedir() const { return basedir_; }

 private:
  pid_t spawn(const std::vector<std::string>& args) const;

  std::filesystem::path parent_;
  std::filesystem::path basedir_;
  pid_t pid_ = -1;
};

}  // namespace kiln::session
