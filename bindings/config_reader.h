// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/policy.h"
#include "bindings/python.h"
#include "core/script/config.h"

namespace kiln::bindings {

// The plain structs of a ConfigView, which Python has checked. With the GIL; raises error_already_set and cast_error.
script::ConfigPtr read_config(Policy& policy, const py::object& view);

// Reads the same to see whether it can be read. What it gives has neither builders nor workers nor schedulers.
script::ConfigPtr try_to_read_config(Policy& policy, const py::object& view);

}  // namespace kiln::bindings
