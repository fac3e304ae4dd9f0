// SPDX-License-Identifier: MIT
#include "bindings/awaitable.h"
#include "bindings/interpolation.h"
#include "bindings/log_binding.h"
#include "bindings/master_binding.h"
#include "bindings/python.h"
#include "bindings/python_error.h"
#include "bindings/recorded_base.h"
#include "bindings/step_handle.h"

// Built into the executable as buildbot_cfg._core, and an extension module in the wheel.
PYBIND11_MODULE(_core, module) {
  namespace bindings = kiln::bindings;
  module.doc() = "What the core offers to buildbot_cfg._bridge.";
  module.attr("version") = KILN_VERSION;
  bindings::add_log(module);
  bindings::add_master_error(module);
  bindings::add_awaitable_type(module);
  bindings::add_recorded_bases(module);
  bindings::add_interpolation(module);
  bindings::add_master(module);
  bindings::add_step_handle(module);
}
