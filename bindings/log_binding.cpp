// SPDX-License-Identifier: MIT
#include "bindings/log_binding.h"

#include <array>
#include <optional>
#include <string_view>

#include "bindings/json_convert.h"
#include "core/base/log.h"

namespace kiln::bindings {
namespace {

std::optional<LogLevel> level_of(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warning") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return std::nullopt;
}

// A plain C function: a daemon thread that ends while it waits for the GIL at exit must unwind through it.
PyObject* log(PyObject*, PyObject* args) {
  const char* name = nullptr;
  PyObject* text = nullptr;
  PyObject* system = nullptr;
  if (!PyArg_ParseTuple(args, "sU|U:log", &name, &text, &system)) return nullptr;
  const auto level = level_of(name);
  if (!level) return PyErr_Format(PyExc_ValueError, "unknown log level \"%s\"", name);
  std::string line, part = "-";
  try {
    line = to_text(text);
    if (system) part = to_text(system);
  } catch (py::error_already_set& raised) {
    raised.restore();
    return nullptr;
  }
  Py_BEGIN_ALLOW_THREADS;
  log_line(*level, line, part);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

}  // namespace

void add_log(py::module_& module) {
  static std::array<PyMethodDef, 2> functions{{
      {"log", log, METH_VARARGS, "Writes a line into the master's log: (level, text, system); level: debug, info, warning or error."},
      {nullptr, nullptr, 0, nullptr},
  }};
  if (PyModule_AddFunctions(module.ptr(), functions.data()) < 0) throw py::error_already_set();
}

}  // namespace kiln::bindings
