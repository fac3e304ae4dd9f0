// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"
#include "core/script/config.h"

namespace kiln::bindings {

// RecipeView.native: fields of script::NativeShell by their names; those that are missing keep what they are.
// With the GIL; raises error_already_set and cast_error.
void read_native_shell(const py::dict& values, script::NativeShell& shell);

}  // namespace kiln::bindings
