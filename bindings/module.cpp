// SPDX-License-Identifier: MIT
#include "bindings/module.h"

#include "bindings/awaitable.h"
#include "bindings/declared_calls.h"
#include "bindings/interpolation.h"
#include "bindings/log_binding.h"
#include "bindings/master_binding.h"
#include "bindings/python_error.h"
#include "bindings/recorded_base.h"
#include "bindings/step_handle.h"

namespace kiln::bindings {

void fill_core_module(py::module_& module) {
  module.doc() = "What the core offers to buildbot_cfg._bridge.";
  module.attr("version") = KILN_VERSION;
  add_log(module);
  add_master_error(module);
  add_awaitable_type(module);
  add_recorded_bases(module);
  add_declared_calls(module);
  add_interpolation(module);
  add_master(module);
  add_step_handle(module);
}

}  // namespace kiln::bindings
