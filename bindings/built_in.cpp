// SPDX-License-Identifier: MIT
#include "bindings/module.h"

// The executable's own module: Interpreter puts it in place.
PYBIND11_MODULE(_core, module) { kiln::bindings::fill_core_module(module); }
