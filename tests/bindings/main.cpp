// SPDX-License-Identifier: MIT
#include <catch2/catch_session.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "bindings/interpreter.h"
#include "bindings/runtime.h"
#include "bindings/venv.h"

// One Python for all tests of the process, as in the product. `test_bindings python ARGS...` is what `kilnbot python`
// does, without the rest of the master: the Python half of these tests runs in it too.
int main(int argc, char** argv) {
  const auto program = kiln::bindings::path_of_program(argv[0]);
  if (argc > 1 && std::string(argv[1]) == "python") {
    auto runtime = kiln::bindings::make_runtime({KILN_TESTS_PYTHON}, program);
    if (runtime) return (*runtime)->run_script({argv + 2, argv + argc});
    std::fprintf(stderr, "%s\n", runtime.error().what.c_str());
    return 1;
  }
  const auto interpreter = kiln::bindings::Interpreter::start(KILN_TESTS_PYTHON, program);
  if (!interpreter) {
    std::fprintf(stderr, "%s\n", interpreter.error().what.c_str());
    return 1;
  }
  return Catch::Session().run(argc, argv);
}
