// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bindings/policy.h"
#include "bindings/python.h"
#include "core/script/step.h"

namespace kiln::bindings {

// A Python step's place in the engine. `host` belongs to the loop thread; null before prepare() and after finish().
struct LiveStep {
  script::StepHost* host = nullptr;
};

// `_core.StepHandle`: what a running Python step may ask of the engine.
void add_step_handle(py::module_& module);

// With the GIL.
py::object make_step_handle(Policy& policy, std::shared_ptr<LiveStep> live, BuildId build);

}  // namespace kiln::bindings
