// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"

namespace kiln::bindings {

// Adds CallBase, the base of the metaclass Declared: calls of classes of which it knows the parameters do without
// Python, and recipes of steps whose arguments are known to be right are made without running __init__ (recorded_base.h).
// Python tells it what it has found out: know_class, know_call, set_calls_mode.
void add_declared_calls(py::module_& module);

}  // namespace kiln::bindings
