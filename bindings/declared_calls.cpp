// SPDX-License-Identifier: MIT
#include "bindings/declared_calls.h"

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bindings/call_pattern.h"
#include "bindings/recorded_base.h"

namespace kiln::bindings {
namespace {

constexpr std::size_t most_classes = 4096;
constexpr std::size_t most_patterns = 256;  // of a class

// A class as its metaclass found it.
struct KnownClass {
  KnownClass() = default;
  KnownClass(const KnownClass&) = delete;
  KnownClass& operator=(const KnownClass&) = delete;
  ~KnownClass() {
    for (const CallPattern& pattern : right) pattern.release();
  }

  unsigned version = 0;  // of the class: Python counts its changes, and those of its bases
  py::object names;      // a frozenset
  std::vector<std::pair<py::object, Py_ssize_t>> required;  // with their places; -1: by name only
  Py_ssize_t at_most = 0;
  bool takes_any_place = false, takes_any_name = false;
  bool is_sealed = false;    // its objects are, when a file makes them
  bool may_be_late = false;  // its __init__ may run when somebody looks at the object
  FreeParameters free;
  CallPatterns right;  // calls that went well
};

// Process-wide like the interpreter itself, which is never restarted, and never destroyed: it holds Python's objects.
using Classes = std::unordered_map<PyTypeObject*, std::unique_ptr<KnownClass>>;
Classes& classes() {
  static Classes& known = *new Classes;
  return known;
}

std::unordered_set<PyTypeObject*>& renderables() {
  static std::unordered_set<PyTypeObject*>& known = *new std::unordered_set<PyTypeObject*>;
  return known;
}

// What this thread does: it loads a file, and takes old spellings.
thread_local bool is_loading = false;
thread_local bool is_lenient = false;

// 0: unknown. No two classes ever have the same one, nor has one class before and after a change.
unsigned version_of(PyTypeObject* type) {
  if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
    static PyObject* name = PyUnicode_InternFromString("__init__");
    _PyType_Lookup(type, name);  // gives it a new one
  }
  return PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG) ? type->tp_version_tag : 0;
}

KnownClass* known_class(PyTypeObject* type) {
  const auto found = classes().find(type);
  if (found == classes().end()) return nullptr;
  const unsigned version = version_of(type);
  return version != 0 && version == found->second->version ? found->second.get() : nullptr;
}

bool fits(const KnownClass& known, PyObject* args, PyObject* kwargs) {
  const Py_ssize_t count = PyTuple_GET_SIZE(args);
  if (count > known.at_most && !known.takes_any_place) return false;
  PyObject *name = nullptr, *value = nullptr;
  for (Py_ssize_t at = 0; kwargs && !known.takes_any_name && PyDict_Next(kwargs, &at, &name, &value);) {
    if (PySet_Contains(known.names.ptr(), name) != 1) return false;
  }
  for (const auto& [required, place] : known.required) {
    const bool is_given = kwargs && PyDict_Contains(kwargs, required.ptr()) == 1;
    if (!is_given && (place < 0 || place >= count)) return false;
  }
  return true;
}

bool is_known_to_be_right(const KnownClass& known, PyObject* args, PyObject* kwargs) {
  static CallPattern& pattern = *new CallPattern;  // its memory is used again
  return !known.right.empty() && pattern.take(known.free, renderables(), args, kwargs) && known.right.count(pattern) > 0;
}

PyObject* call_python(PyObject* cls, PyObject* args, PyObject* kwargs) {
  static PyObject* name = PyUnicode_InternFromString("_call_slowly");
  PyObject* method = PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(cls)), name);
  if (!method) return nullptr;
  PyObject* given = kwargs ? Py_NewRef(kwargs) : PyDict_New();
  PyObject* made = given ? PyObject_CallFunctionObjArgs(method, cls, args, given, nullptr) : nullptr;
  Py_XDECREF(given);
  Py_DECREF(method);
  return made;
}

PyObject* sealed(PyObject* made) {
  if (made && PyObject_SetAttrString(made, "_sealed", Py_True) < 0) Py_CLEAR(made);
  return made;
}

PyObject* call(PyObject* cls, PyObject* args, PyObject* kwargs) {
  auto* type = reinterpret_cast<PyTypeObject*>(cls);
  const KnownClass* known = is_lenient ? nullptr : known_class(type);
  if (!known) return call_python(cls, args, kwargs);
  if (is_loading && known->may_be_late) {
    return is_known_to_be_right(*known, args, kwargs) ? make_late(type, args, kwargs) : call_python(cls, args, kwargs);
  }
  if (!fits(*known, args, kwargs)) return call_python(cls, args, kwargs);
  const bool seals = known->is_sealed && is_loading;  // before: the call may change what is known
  PyObject* made = PyType_Type.tp_call(cls, args, kwargs);
  return seals ? sealed(made) : made;
}

// isinstance(): what an object's type derives from needs none of ABCMeta's registers.
PyObject* instance_check(PyObject* cls, PyObject* object) {
  if (PyType_IsSubtype(Py_TYPE(object), reinterpret_cast<PyTypeObject*>(cls))) Py_RETURN_TRUE;
  static PyObject* check = py::object(py::module_::import("abc").attr("ABCMeta").attr("__instancecheck__")).release().ptr();
  return PyObject_CallFunctionObjArgs(check, cls, object, nullptr);
}

void read_shape(KnownClass& known, const py::object& shape) {
  known.names = shape.attr("known");
  for (const py::handle item : shape.attr("required")) {
    const auto pair = py::cast<py::tuple>(item);
    known.required.emplace_back(pair[0], pair[1].is_none() ? -1 : py::cast<Py_ssize_t>(pair[1]));
  }
  known.at_most = py::cast<Py_ssize_t>(shape.attr("at_most"));
  known.takes_any_place = py::cast<bool>(shape.attr("takes_any_place"));
  known.takes_any_name = py::cast<bool>(shape.attr("takes_any_name"));
}

void know_class(const py::type& cls, const py::object& shape, bool is_sealed, const py::object& free) {
  if (classes().size() >= most_classes) classes().clear();
  auto* type = reinterpret_cast<PyTypeObject*>(cls.ptr());
  auto known = std::make_unique<KnownClass>();
  known->is_sealed = is_sealed;
  if (shape.is_none()) {
    known->takes_any_place = known->takes_any_name = true;
  } else {
    read_shape(*known, shape);
    known->may_be_late = !free.is_none() && is_step_class(type);
  }
  if (known->may_be_late) {
    const auto sets = py::cast<py::tuple>(free);
    known->free = {sets[0], sets[1], shape.attr("names")};
  }
  known->version = version_of(type);
  classes()[type] = std::move(known);
}

void know_call(const py::type& cls, const py::tuple& args, const py::dict& kwargs) {
  KnownClass* known = known_class(reinterpret_cast<PyTypeObject*>(cls.ptr()));
  if (!known || !known->may_be_late || known->right.size() >= most_patterns) return;
  CallPattern pattern;
  if (!pattern.take(known->free, renderables(), args.ptr(), kwargs.ptr())) return;
  if (known->right.insert(pattern).second) pattern.hold();
}

}  // namespace

void add_declared_calls(py::module_& module) {
  static PyMethodDef methods[] = {{"__instancecheck__", instance_check, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(call)}, {Py_tp_methods, methods}, {0, nullptr}};
  static PyType_Spec spec{"buildbot_cfg._core.CallBase", static_cast<int>(PyType_Type.tp_basicsize),
                          static_cast<int>(PyType_Type.tp_itemsize), Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyObject* base = PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(&PyType_Type));
  if (!base) throw py::error_already_set();
  module.attr("CallBase") = py::reinterpret_steal<py::object>(base);
  module.def("is_known_class",
             [](const py::type& cls) { return known_class(reinterpret_cast<PyTypeObject*>(cls.ptr())) != nullptr; });
  module.def("know_class", &know_class);
  module.def("know_call", &know_call);
  module.def("know_renderable", [](const py::type& cls) {
    if (renderables().insert(reinterpret_cast<PyTypeObject*>(cls.ptr())).second) cls.inc_ref();
  });
  module.def("set_loading", [](bool yes) { is_loading = yes; });
  module.def("set_lenient", [](bool yes) { is_lenient = yes; });
}

}  // namespace kiln::bindings
