// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"

namespace kiln::bindings {

// `_core.log(level, text)`; any thread.
void add_log(py::module_& module);

}  // namespace kiln::bindings
