// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "bindings/policy.h"
#include "tests/bindings/loop_host.h"

// A policy loop with a master, for one run. The GIL is held only inside run() and with_gil().
class PolicySession {
 public:
  PolicySession();
  ~PolicySession();
  PolicySession(const PolicySession&) = delete;
  PolicySession& operator=(const PolicySession&) = delete;

  LoopHost host;
  kiln::bindings::Policy& policy() { return *policy_; }

  // Runs the source, then its `async def main(master)` on the policy loop for at most a minute, and gives what it
  // returns; what it raises fails the test with the traceback.
  kiln::Json run(const std::string& source);

  // A name of the source given to define(), held for the core.
  void define(const std::string& source);
  kiln::script::ObjectRef hold(const char* name);

  // The policy loop until something calls policy().quit().
  void run_loop() { policy_->run(); }

 private:
  std::optional<kiln::bindings::Policy> policy_;
  PyObject* scope_ = nullptr;
};
