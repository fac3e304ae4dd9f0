// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/policy.h"
#include "bindings/python.h"
#include "core/script/runtime.h"

namespace kiln::bindings {

// The type of `_core.master`, and the name itself, None until a master is given.
void add_master(py::module_& module);

// With the GIL. Afterwards user code may call the master; the host must outlive Policy::run().
void give_master(Policy& policy, script::MasterHost& host);
void take_master_away();

}  // namespace kiln::bindings
