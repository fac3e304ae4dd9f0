// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <pybind11/stl.h>

#include <new>
#include <string>
#include <vector>

#include "bindings/module.h"
#include "bindings/runtime.h"
#include "core/app/run_master.h"

namespace {

namespace py = pybind11;

// `start` forks while this thread has the GIL, which Python has to hear of before and after, on both sides. Python's own
// forks come later, and do so by themselves.
bool is_before_start = false;

void tell_python_of_forks() {
  static const int registered = ::pthread_atfork([] { if (is_before_start) PyOS_BeforeFork(); },
                                                 [] { if (is_before_start) PyOS_AfterFork_Parent(); },
                                                 [] { if (is_before_start) PyOS_AfterFork_Child(); });
  if (registered != 0) throw std::bad_alloc();
}

// The command `kilnbot` inside Python's own process. The GIL stays held until Interpreter::start() gives it up.
int run_command(std::vector<std::string> args) {
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  tell_python_of_forks();
  is_before_start = true;
  const int status = kiln::app::run_master(argc, argv.data(), [](const kiln::script::RuntimeOptions& options) {
    is_before_start = false;
    return kiln::bindings::make_runtime(options, {});
  });
  is_before_start = false;
  return status;
}

}  // namespace

// The wheel's module.
PYBIND11_MODULE(_core, module) {
  kiln::bindings::fill_core_module(module);
  module.def("main", &run_command, py::arg("argv"));
}
