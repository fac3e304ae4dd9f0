// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"

namespace kiln::bindings {

// Everything that the module buildbot_cfg._core has in both shapes, the executable and the wheel.
void fill_core_module(py::module_& module);

}  // namespace kiln::bindings
