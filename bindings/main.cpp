// SPDX-License-Identifier: MIT
#include "bindings/runtime.h"
#include "bindings/venv.h"
#include "core/app/run_master.h"

int main(int argc, char** argv) {
  // Now: later the working directory may be another one.
  const auto program = kiln::bindings::path_of_program(argv[0]);
  return kiln::app::run_master(argc, argv, [program](const kiln::script::RuntimeOptions& options) {
    return kiln::bindings::make_runtime(options, program);
  });
}
