// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"
#include "core/base/result.h"

namespace kiln::bindings {

// What user code raised, as text with its traceback. With the GIL.
Error script_error(const py::error_already_set& raised);
Error script_error(py::handle exception);

// The same for what pybind11 throws itself (py::value_error, py::cast_error ...). With the GIL.
py::error_already_set as_raised(const py::builtin_exception& thrown);

// A Python exception of `_core.MasterError` with the attribute `code`.
py::object make_master_error(const Error& error);
void add_master_error(py::module_& module);

}  // namespace kiln::bindings
