// SPDX-License-Identifier: MIT
#include "bindings/recorded_base.h"

#include <structmember.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace kiln::bindings {
namespace {

struct Recorded {
  PyObject_HEAD
  PyObject* args;
  PyObject* kwargs;
  PyObject* place;  // the user's code that made it or the name of its file; null when there was none on the stack
  int at;           // where in the code, or the line: lines are counted from the code's beginning, when they are asked for
  bool is_sealed;   // of steps: a recipe is not changed any more
  bool is_late;     // of steps: its __init__ has not run yet
};

// Process-wide like the interpreter itself, which is never restarted.
std::array<PyTypeObject*, 4> bases{};

Recorded* self_of(PyObject* object) { return reinterpret_cast<Recorded*>(object); }

PyObject* globals_of(PyFrameObject* frame) {
#if PY_VERSION_HEX >= 0x030B0000
  return PyFrame_GetGlobals(frame);
#else
  return PyObject_GetAttrString(reinterpret_cast<PyObject*>(frame), "f_globals");
#endif
}

bool is_ours(PyFrameObject* frame) {
  static PyObject* key = PyUnicode_InternFromString("__name__");
  const auto globals = py::reinterpret_steal<py::object>(globals_of(frame));
  PyObject* name = PyDict_GetItem(globals.ptr(), key);
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
#if PY_VERSION_HEX >= 0x030B0000
  self->place = reinterpret_cast<PyObject*>(code);
  self->at = PyFrame_GetLasti(frame);
#else
  self->place = Py_NewRef(code->co_filename);
  self->at = PyFrame_GetLineNumber(frame);
  Py_DECREF(code);
#endif
  Py_DECREF(frame);
}

std::pair<PyObject*, int> place_of(const Recorded* self) {
  if (!self->place) return {Py_None, 0};
  if (!PyCode_Check(self->place)) return {self->place, self->at};
  auto* code = reinterpret_cast<PyCodeObject*>(self->place);
  return {code->co_filename, PyCode_Addr2Line(code, self->at)};
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

// Runs the __init__ that has not run yet, if it has not.
bool complete(PyObject* object) {
  Recorded* self = self_of(object);
  if (!self->is_late) return true;
  const bool was_sealed = std::exchange(self->is_sealed, false);
  self->is_late = false;
  const int done = Py_TYPE(object)->tp_init(object, self->args, self->kwargs);
  self->is_late = done < 0;
  self->is_sealed = was_sealed;
  return done == 0;
}

PyObject* recipe(PyObject* object, PyObject*) {
  const Recorded* self = self_of(object);
  return Py_BuildValue("(OON)", Py_TYPE(object), self->args, PyDict_Copy(self->kwargs));
}

PyObject* location(PyObject* object, PyObject*) {
  const Recorded* self = self_of(object);
  const auto [file, line] = place_of(self);
  return Py_BuildValue("(Oi)", file, line);
}

bool is_recorded(PyTypeObject* type) {
  return std::any_of(bases.begin(), bases.end(), [type](PyTypeObject* base) { return PyType_IsSubtype(type, base); });
}

PyObject* is_late(PyObject*, PyObject* object) {
  return PyBool_FromLong(is_step_class(Py_TYPE(object)) && self_of(object)->is_late);
}

// _remade(class, args, kwargs, file, line, is sealed): for copy and deepcopy; a copy is the same recipe from the same place.
PyObject* remade(PyObject*, PyObject* values) {
  PyTypeObject* type = nullptr;
  PyObject *args = nullptr, *kwargs = nullptr, *file = nullptr;
  int line = 0, is_sealed = 0;
  if (!PyArg_ParseTuple(values, "O!O!O!Oip:_remade", &PyType_Type, &type, &PyTuple_Type, &args, &PyDict_Type, &kwargs,
                        &file, &line, &is_sealed)) {
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
  self->place = file == Py_None ? nullptr : Py_NewRef(file);
  self->at = line;
  self->is_sealed = is_sealed != 0;
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
  const auto [file, line] = place_of(self);
  return Py_BuildValue("N(OONOii)N", maker, Py_TYPE(object), self->args, PyDict_Copy(self->kwargs), file, line,
                       self->is_sealed ? 1 : 0, state);
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
  Py_CLEAR(self_of(object)->place);
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

// What can be asked for without the attributes that __init__ sets.
bool is_of_recipe(PyObject* name) {
  static PyObject* const names[] = {PyUnicode_InternFromString("_recipe"), PyUnicode_InternFromString("_location"),
                                    PyUnicode_InternFromString("_sealed"), PyUnicode_InternFromString("__class__")};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

PyObject* get_step_attribute(PyObject* object, PyObject* name) {
  if (self_of(object)->is_late && !is_of_recipe(name) && !complete(object)) return nullptr;
  return PyObject_GenericGetAttr(object, name);
}

int set_step_attribute(PyObject* object, PyObject* name, PyObject* value) {
  const bool is_seal = PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "_sealed") == 0;
  if (!value || !self_of(object)->is_sealed || is_seal) {
    if (!is_seal && !complete(object)) return -1;
    return PyObject_GenericSetAttr(object, name, value);
  }
  PyObject* refused = PyObject_CallMethod(object, "_refuse_change", "O", name);
  Py_XDECREF(refused);
  return refused ? 0 : -1;
}

std::array<PyMemberDef, 2> step_members{{{"_sealed", T_BOOL, offsetof(Recorded, is_sealed), 0, nullptr}, {}}};

PyTypeObject* add_base(py::module_& module, const char* attribute, const char* full_name, bool is_step = false) {
  static std::array<PyMethodDef, 4> methods{{
      {"_recipe", recipe, METH_NOARGS, "(class, args, kwargs) it was made with."},
      {"_location", location, METH_NOARGS, "(file, line) of the user's code that made it; (None, 0) when unknown."},
      {"__reduce_ex__", reduce, METH_O, nullptr},
      {nullptr, nullptr, 0, nullptr},
  }};
  std::array<PyType_Slot, 9> slots{{
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_methods, methods.data()},
      {is_step ? Py_tp_members : 0, step_members.data()},  // 0 ends the list of the others
      {Py_tp_getattro, reinterpret_cast<void*>(get_step_attribute)},
      {Py_tp_setattro, reinterpret_cast<void*>(set_step_attribute)},
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

bool is_step_class(PyTypeObject* type) { return PyType_IsSubtype(type, bases[0]) != 0; }

PyObject* make_late(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  PyObject* object = type->tp_alloc(type, 0);
  if (!object) return nullptr;
  Recorded* self = self_of(object);
  self->args = Py_NewRef(args);
  if (!kwargs) {
    self->kwargs = PyDict_New();
  } else {
    self->kwargs = Py_REFCNT(kwargs) == 1 ? Py_NewRef(kwargs) : PyDict_Copy(kwargs);  // nobody else has that one
  }
  if (!self->kwargs) {
    Py_DECREF(object);
    return nullptr;
  }
  record_location(self);
  self->is_sealed = self->is_late = true;
  return object;
}

void add_recorded_bases(py::module_& module) {
  static std::array<PyMethodDef, 3> functions{{
      {"_remade", remade, METH_VARARGS, nullptr},
      {"is_late", is_late, METH_O, "Whether the __init__ of a step has not run yet."},
      {nullptr, nullptr, 0, nullptr},
  }};
  if (PyModule_AddFunctions(module.ptr(), functions.data()) < 0) throw py::error_already_set();
  bases = {add_base(module, "StepBase", "buildbot_cfg._core.StepBase", true),
           add_base(module, "BuilderBase", "buildbot_cfg._core.BuilderBase"),
           add_base(module, "SchedulerBase", "buildbot_cfg._core.SchedulerBase"),
           add_base(module, "WorkerBase", "buildbot_cfg._core.WorkerBase")};
}

}  // namespace kiln::bindings
