// SPDX-License-Identifier: MIT
#include "bindings/interpreter.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "bindings/python.h"
#include "bindings/python_error.h"
#include "bindings/venv.h"

extern "C" PyObject* PyInit__core();

namespace kiln::bindings {
namespace {

constexpr const char* core_module = "buildbot_cfg._core";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

PyStatus initialize(const std::filesystem::path& python) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;  // signals are the core's
  config.parse_argv = 0;
  // The interpreter's own path: from it Python finds pyvenv.cfg, prefix and site-packages.
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, python.c_str());
  char name[] = "kilnbot";
  char* argv[] = {name};
  if (!PyStatus_Exception(status)) status = PyConfig_SetBytesArgv(&config, 1, argv);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return status;
}

// buildbot_cfg of the source tree wins over an installed one; $KILNBOT_PYLIB over both.
std::string pylib_folder() {
  if (std::string named = environment("KILNBOT_PYLIB"); !named.empty()) return named;
  std::error_code ignored;
  return std::filesystem::exists(KILN_PYLIB "/buildbot_cfg/__init__.py", ignored) ? KILN_PYLIB : "";
}

// Up to 3.11 the importer of built-in modules finds none inside a package: this one is put in place by hand.
void import_built_in_core() {
  const py::module_ machinery = py::module_::import("importlib.machinery");
  const py::object spec = machinery.attr("ModuleSpec")(core_module, machinery.attr("BuiltinImporter"));
  const py::object core = py::module_::import("importlib.util").attr("module_from_spec")(spec);
  py::module_::import("sys").attr("modules")[core_module] = core;
  spec.attr("loader").attr("exec_module")(core);
}

// Once a process: `is_prepared` is as process-wide as the interpreter itself.
void prepare(bool is_built_in) {
  static bool is_prepared = false;
  if (std::exchange(is_prepared, true)) return;
  const py::module_ sys = py::module_::import("sys");
  // Short, so that a thread which computes does not keep the policy thread waiting.
  sys.attr("setswitchinterval")(0.001);
  if (is_built_in) {
    if (const std::string folder = pylib_folder(); !folder.empty()) sys.attr("path").attr("insert")(0, folder);
    import_built_in_core();
  }
  py::module_::import("buildbot_cfg").attr("_core") = py::module_::import(core_module);
  py::module_::import("buildbot_cfg._policy").attr("install_aliases")();
}

}  // namespace

Result<std::unique_ptr<Interpreter>> Interpreter::start(const std::string& python,
                                                        const std::filesystem::path& program) {
  std::unique_ptr<Interpreter> interpreter;
  if (Py_IsInitialized()) {
    interpreter.reset(new Interpreter(PyGILState_Check() ? PyEval_SaveThread() : nullptr, false));
  } else {
    const auto found = find_python({python, environment("VIRTUAL_ENV"), program, KILN_DEFAULT_PYTHON},
                                   fmt::format("{}.{}", PY_MAJOR_VERSION, PY_MINOR_VERSION));
    if (!found) return found.error();
    // Python does this with its signal handlers, which it may not install here; its pipes rely on it. A file that may not
    // grow is an error of the write like a full disk.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    PyImport_AppendInittab(core_module, PyInit__core);
    const PyStatus status = initialize(*found);
    if (PyStatus_Exception(status)) {
      return make_error(Errc::fatal, fmt::format("cannot start Python of \"{}\": {}", found->string(),
                                                 status.err_msg ? status.err_msg : "unknown reason"));
    }
    interpreter.reset(new Interpreter(PyEval_SaveThread(), true));
  }
  const py::gil_scoped_acquire gil;
  try {
    prepare(interpreter->is_own_);
  } catch (const py::error_already_set& raised) {
    return make_error(Errc::fatal, "cannot load the configuration language: " + script_error(raised).what);
  }
  return interpreter;
}

Interpreter::~Interpreter() {
  if (!main_state_) return;
  PyEval_RestoreThread(main_state_);
  if (is_own_) Py_FinalizeEx();
}

}  // namespace kiln::bindings
