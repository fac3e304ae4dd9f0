// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bindings/policy.h"
#include "bindings/python.h"
#include "core/script/step.h"

namespace kiln::bindings {

// A step whose work is a StepRunner of buildbot_cfg._policy. With the GIL.
script::StepPtr make_python_step(Policy& policy, py::object runner);
std::vector<script::StepPtr> make_python_steps(Policy& policy, const py::object& runners);

}  // namespace kiln::bindings
