// SPDX-License-Identifier: MIT
#include "bindings/python_error.h"

#include <string>

namespace kiln::bindings {

Error script_error(py::handle exception) {
  try {
    const py::object lines = py::module_::import("traceback").attr("format_exception")(exception);
    return make_error(Errc::script, py::str("").attr("join")(lines).cast<std::string>());
  } catch (const py::error_already_set& again) {
    // A __str__ that raises, or text that is not UTF-8.
    return make_error(Errc::script, std::string(Py_TYPE(exception.ptr())->tp_name) +
                                        " (its text cannot be shown: " + again.what() + ")");
  }
}

Error script_error(const py::error_already_set& raised) { return script_error(raised.value()); }

py::error_already_set as_raised(const py::builtin_exception& thrown) {
  thrown.set_error();
  return py::error_already_set();
}

py::object make_master_error(const Error& error) {
  const py::object type = py::module_::import("buildbot_cfg._core").attr("MasterError");
  py::object exception = type(error.what);
  exception.attr("code") = to_string(error.code);
  return exception;
}

void add_master_error(py::module_& module) {
  module.attr("MasterError") = py::reinterpret_steal<py::object>(
      PyErr_NewExceptionWithDoc("buildbot_cfg._core.MasterError",
                                "The master refused or failed; `code` says in which way.", nullptr, nullptr));
}

}  // namespace kiln::bindings
