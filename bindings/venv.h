// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace kiln::bindings {

// Where the Python environment may be named.
struct PythonChoice {
  std::string option;                // --python: an interpreter or an environment's directory; empty: not given
  std::string virtual_env;           // $VIRTUAL_ENV; empty: not set
  std::filesystem::path executable;  // this program as it was called, links not followed
  std::filesystem::path fallback;    // the interpreter it was built for
};

// The interpreter whose site-packages are used: the first of option, virtual_env, pyvenv.cfg beside or above the
// executable, fallback. Errors: not_found; not_supported when it is of another Python version than `linked` ("3.11").
Result<std::filesystem::path> find_python(const PythonChoice& choice, const std::string& linked);

// An absolute path for argv[0], links not followed.
std::filesystem::path path_of_program(const char* argv0);

}  // namespace kiln::bindings
