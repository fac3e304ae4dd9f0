// SPDX-License-Identifier: MIT
#include "bindings/recorded_base.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace kiln::bindings {
namespace {

struct Recorded {
  PyObject_HEAD
  PyObject* args;
  PyObject* kwargs;
  PyObject* file;  // str, or null when no user code was on the stack
  int line;
};

// Process-wide like the interpreter itself, which is never restarted.
std::array<PyTypeObject*, 4> bases{};

Recorded* self_of(PyObject* object) { return reinterpret_cast<Recorded*>(object); }

bool is_ours(PyFrameObject* frame) {
  const auto globals = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(frame)).attr("f_globals");
  PyObject* name = PyDict_GetItemString(globals.ptr(), "__name__");
  if (!name || !PyUnicode_Check(name)) return false;
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &size);
  if (!text) {
    PyErr_Clear();
    return false;
  }
  constexpr std::string_view package = "buildbot_cfg";
  const std::string_view module(text, static_cast<std::size_t>(size));
  return module.starts_with(package) && (module.size() == package.size() || module[package.size()] == '.');
}

void record_location(Recorded* self) {
  PyFrameObject* frame = PyThreadState_GetFrame(PyThreadState_Get());
  while (frame && is_ours(frame)) {
    PyFrameObject* back = PyFrame_GetBack(frame);
    Py_DECREF(frame);
    frame = back;
  }
  if (!frame) return;
  PyCodeObject* code = PyFrame_GetCode(frame);
  self->file = Py_NewRef(code->co_filename);
  self->line = PyFrame_GetLineNumber(frame);
  Py_DECREF(code);
  Py_DECREF(frame);
}

PyObject* make(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  PyObject* object = type->tp_alloc(type, 0);
  if (!object) return nullptr;
  Recorded* self = self_of(object);
  self->args = Py_NewRef(args);
  // A copy: the caller's dict goes on to __init__, which may change it.
  self->kwargs = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
  if (!self->kwargs) {
    Py_DECREF(object);
    return nullptr;
  }
  record_location(self);
  return object;
}

PyObject* recipe(PyObject* object, PyObject*) {
  const Recorded* self = self_of(object);
  return Py_BuildValue("(OON)", Py_TYPE(object), self->args, PyDict_Copy(self->kwargs));
}

PyObject* location(PyObject* object, PyObject*) {
  const Recorded* self = self_of(object);
  return Py_BuildValue("(Oi)", self->file ? self->file : Py_None, self->line);
}

bool is_recorded(PyTypeObject* type) {
  return std::any_of(bases.begin(), bases.end(), [type](PyTypeObject* base) { return PyType_IsSubtype(type, base); });
}

// _remade(class, args, kwargs, file, line): for copy and deepcopy; a copy is the same recipe from the same place.
PyObject* remade(PyObject*, PyObject* values) {
  PyTypeObject* type = nullptr;
  PyObject *args = nullptr, *kwargs = nullptr, *file = nullptr;
  int line = 0;
  if (!PyArg_ParseTuple(values, "O!O!O!Oi:_remade", &PyType_Type, &type, &PyTuple_Type, &args, &PyDict_Type, &kwargs,
                        &file, &line)) {
    return nullptr;
  }
  if (!is_recorded(type)) {
    return PyErr_Format(PyExc_TypeError, "%s does not record how it was made", type->tp_name);
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (!object) return nullptr;
  Recorded* self = self_of(object);
  self->args = Py_NewRef(args);
  self->kwargs = Py_NewRef(kwargs);
  self->file = file == Py_None ? nullptr : Py_NewRef(file);
  self->line = line;
  return object;
}

PyObject* reduce(PyObject* object, PyObject*) {
  const Recorded* self = self_of(object);
  PyObject* state = PyObject_GetAttrString(object, "__dict__");
  if (!state) {
    PyErr_Clear();
    state = Py_NewRef(Py_None);
  }
  PyObject* maker = PyObject_GetAttrString(PyImport_AddModule("buildbot_cfg._core"), "_remade");
  if (!maker) {
    Py_DECREF(state);
    return nullptr;
  }
  return Py_BuildValue("N(OONOi)N", maker, Py_TYPE(object), self->args, PyDict_Copy(self->kwargs),
                       self->file ? self->file : Py_None, self->line, state);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self_of(object)->args);
  Py_VISIT(self_of(object)->kwargs);
  return 0;
}

int clear(PyObject* object) {
  Py_CLEAR(self_of(object)->args);
  Py_CLEAR(self_of(object)->kwargs);
  return 0;
}

void dealloc(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  Py_CLEAR(self_of(object)->file);
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyTypeObject* add_base(py::module_& module, const char* attribute, const char* full_name) {
  static std::array<PyMethodDef, 4> methods{{
      {"_recipe", recipe, METH_NOARGS, "(class, args, kwargs) it was made with."},
      {"_location", location, METH_NOARGS, "(file, line) of the user's code that made it; (None, 0) when unknown."},
      {"__reduce_ex__", reduce, METH_O, nullptr},
      {nullptr, nullptr, 0, nullptr},
  }};
  std::array<PyType_Slot, 6> slots{{
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_methods, methods.data()},
      {0, nullptr},
  }};
  PyType_Spec spec{full_name, static_cast<int>(sizeof(Recorded)), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};
  PyObject* type = PyType_FromSpec(&spec);
  if (!type) throw py::error_already_set();
  module.attr(attribute) = py::handle(type);
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

void add_recorded_bases(py::module_& module) {
  static std::array<PyMethodDef, 2> functions{{
      {"_remade", remade, METH_VARARGS, nullptr},
      {nullptr, nullptr, 0, nullptr},
  }};
  if (PyModule_AddFunctions(module.ptr(), functions.data()) < 0) throw py::error_already_set();
  bases = {add_base(module, "StepBase", "buildbot_cfg._core.StepBase"),
           add_base(module, "BuilderBase", "buildbot_cfg._core.BuilderBase"),
           add_base(module, "SchedulerBase", "buildbot_cfg._core.SchedulerBase"),
           add_base(module, "WorkerBase", "buildbot_cfg._core.WorkerBase")};
}

}  // namespace kiln::bindings
