// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"
#include "core/script/config.h"

namespace kiln::bindings {

// RecipeView.native: fields of script::NativeShell by their names; those that are missing keep their defaults.
// With the GIL; raises error_already_set and cast_error.
script::NativeShell read_native_shell(const py::dict& values);

}  // namespace kiln::bindings
