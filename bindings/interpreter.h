// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"

struct _ts;  // PyThreadState

namespace kiln::bindings {

// The process's one Python. Started at most once, by the thread that stays the policy thread; between calls nobody
// holds the GIL. In the extension module it is Python's own and is only borrowed: the GIL is given back at the end.
class Interpreter {
 public:
  // `python`: --python or empty; `program`: this program's path, for pyvenv.cfg beside it. Errors: not_found,
  // not_supported (venv.h), fatal.
  static Result<std::unique_ptr<Interpreter>> start(const std::string& python, const std::filesystem::path& program);
  ~Interpreter();
  // The process ends without finalizing Python.
  void leave_running() { main_state_ = nullptr; }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

 private:
  Interpreter(_ts* main_state, bool is_own) : main_state_(main_state), is_own_(is_own) {}
  _ts* main_state_;  // null: the caller did not hold the GIL
  bool is_own_;      // false: borrowed
};

}  // namespace kiln::bindings
