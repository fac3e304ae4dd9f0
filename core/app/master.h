// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/app/basedir.h"
#include "core/base/result.h"
#include "core/script/runtime.h"

namespace kiln::app {

// A running master: every part, made in order and ended in reverse. Made and ended on the main thread.
class Master {
 public:
  struct Needs {
    BasedirFiles files;
    script::Runtime& runtime;
    script::ConfigPtr config;
    std::filesystem::path config_file;
  };
  // Opens the database, reconciles what an earlier run left, opens the logs. Nothing listens yet.
  static Result<std::unique_ptr<Master>> open(Needs needs);
  ~Master();

  // Starts the loop thread and all activity. `started` is called on the loop thread once the master is up or has failed
  // to come up; `stopped` once it has shut down, whatever asked for that: then end the policy loop and destroy this.
  void start(Reply<> started, std::function<void()> stopped);

 private:
  struct Parts;
  explicit Master(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kiln::app
