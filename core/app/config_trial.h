// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/script/config.h"

namespace kiln::app {

// Runs a configuration file in a child process, so that whatever the file does (never ends, exits, eats memory, makes
// processes, crashes) happens there. One thread of its own; made and destroyed on the loop thread.
class ConfigTrial {
 public:
  struct Order {
    std::vector<std::string> command;  // script::Runtime::own_command()
    std::filesystem::path file, basedir;
    script::ReloadLimits limits;
    std::filesystem::path program = "/proc/self/exe";
  };
  // Texts of what is wrong; empty: the file is good.
  using Verdict = std::vector<std::string>;

  // `post` carries `done` to the loop thread; it is called once, unless this is destroyed before.
  ConfigTrial(Order order, std::function<void(std::function<void()>)> post, std::function<void(Verdict)> done);
  // Kills the child, and all that it made, when it still runs.
  ~ConfigTrial();
  ConfigTrial(const ConfigTrial&) = delete;
  ConfigTrial& operator=(const ConfigTrial&) = delete;

 private:
  const std::shared_ptr<std::atomic<bool>> is_called_off_ = std::make_shared<std::atomic<bool>>(false);
  std::thread thread_;
};

}  // namespace kiln::app
