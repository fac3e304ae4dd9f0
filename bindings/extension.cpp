// SPDX-License-Identifier: MIT
#include <pybind11/stl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "bindings/module.h"
#include "bindings/runtime.h"
#include "core/app/run_master.h"

namespace {

namespace py = pybind11;

// The command `kilnbot` inside Python's own process. The GIL stays held until Interpreter::start() gives it up: `start`
// forks before that, which Python has to hear of in the child.
int run_command(std::vector<std::string> args) {
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const auto process = ::getpid();
  return kiln::app::run_master(argc, argv.data(), [process](const kiln::script::RuntimeOptions& options) {
    if (::getpid() != process) PyOS_AfterFork_Child();
    return kiln::bindings::make_runtime(options, {});
  });
}

}  // namespace

// The wheel's module.
PYBIND11_MODULE(_core, module) {
  kiln::bindings::fill_core_module(module);
  module.def("main", &run_command, py::arg("argv"));
}
