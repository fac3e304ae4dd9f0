// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/script/config.h"
#include "core/session/client_host.h"

namespace kiln::app {

// The maildirs of Try_Jobdir schedulers: what appears in `new` is read, moved to `cur` and built. What is no job is moved
// too, and the log says why. What comes while the database cannot be written is moved back and read later. Loop thread.
class TryJobdirs {
 public:
  static constexpr std::chrono::seconds interval{1};
  static constexpr std::uintmax_t largest_job = 32 * 1024 * 1024;

  // Folders are relative to `base`.
  TryJobdirs(Clock& clock, session::ClientHost& host, std::filesystem::path base)
      : clock_(clock), host_(host), base_(std::move(base)) {}

  // Makes the folders that are missing, and looks into those of `config` from now on.
  void configure(const script::Config& config);

 private:
  void look();
  void look_into(const std::string& scheduler, const std::filesystem::path& dir);
  void take(const std::string& scheduler, const std::filesystem::path& dir, const std::string& name);
  static void put_back(const std::filesystem::path& dir, const std::string& name);

  Clock& clock_;
  session::ClientHost& host_;
  const std::filesystem::path base_;
  std::map<std::string, std::filesystem::path> dirs_;  // by scheduler
  std::set<std::string> stuck_;  // jobs cannot be moved there
  bool is_waiting_ = false;      // for the database, until the next look
  bool was_told_ = false;        // that it cannot be written
  std::unique_ptr<Timer> timer_;
};

}  // namespace kiln::app
