// SPDX-License-Identifier: MIT
#include "bindings/call_pattern.h"

#include <algorithm>

namespace kiln::bindings {
namespace {

constexpr Py_ssize_t longest_short_text = 50;  // names of steps may not be longer

bool contains(const py::object& names, PyObject* name) { return PySet_Contains(names.ptr(), name) == 1; }

bool is_same_text(PyObject* left, PyObject* right) {
  return left == right || (left && right && PyUnicode_Compare(left, right) == 0);
}

bool is_same_value(PyObject* left, PyObject* right) {
  return left == right || (Py_TYPE(left) == Py_TYPE(right) && PyObject_RichCompareBool(left, right, Py_EQ) == 1);
}

}  // namespace

bool CallPattern::take(const FreeParameters& free, const std::unordered_set<PyTypeObject*>& renderables, PyObject* args,
                       PyObject* kwargs) {
  tokens_.clear();
  hash_ = 0;
  for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(args); ++at) {
    if (at >= PyTuple_GET_SIZE(free.order.ptr())) return false;
    if (!add(free, renderables, nullptr, PyTuple_GET_ITEM(free.order.ptr(), at), PyTuple_GET_ITEM(args, at))) return false;
  }
  PyObject *name = nullptr, *value = nullptr;
  for (Py_ssize_t at = 0; kwargs && PyDict_Next(kwargs, &at, &name, &value);) {
    if (!PyUnicode_CheckExact(name) || !add(free, renderables, name, name, value)) return false;
  }
  return true;
}

bool CallPattern::add(const FreeParameters& free, const std::unordered_set<PyTypeObject*>& renderables,
                      PyObject* given_as, PyObject* name, PyObject* value) {
  PyTypeObject* type = Py_TYPE(value);
  const bool is_free = contains(free.any, name);
  if (PyUnicode_CheckExact(value)) {
    if (!is_free && !contains(free.texts, name)) return add_by_value(given_as, value);
    const Py_ssize_t length = PyUnicode_GET_LENGTH(value);
    const Kind kind = length == 0 ? Kind::empty_text : length > longest_short_text ? Kind::long_text : Kind::short_text;
    add_token({given_as, nullptr, kind}, 0);
    return true;
  }
  if (!is_free) return add_by_value(given_as, value);
  // Types of Python's own have no attributes that a file could change.
  if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && renderables.count(type) == 0) return false;
  PyObject* what = reinterpret_cast<PyObject*>(type);
  add_token({given_as, what, Kind::type}, std::hash<void*>()(what));
  return true;
}

bool CallPattern::add_by_value(PyObject* given_as, PyObject* value) {
  if (value == Py_None || PyBool_Check(value)) {
    add_token({given_as, value, Kind::itself}, std::hash<void*>()(value));
    return true;
  }
  if (!PyUnicode_CheckExact(value) && !PyLong_CheckExact(value) && !PyFloat_CheckExact(value)) return false;
  add_token({given_as, value, Kind::value}, static_cast<std::size_t>(PyObject_Hash(value)));
  return true;
}

void CallPattern::add_token(const Token& token, std::size_t hash) {
  const std::size_t name = token.name ? static_cast<std::size_t>(PyObject_Hash(token.name)) : 0;
  for (const std::size_t part : {name, static_cast<std::size_t>(token.kind), hash}) {
    hash_ = (hash_ ^ part) * 0x9E3779B97F4A7C15u;
    hash_ ^= hash_ >> 32;
  }
  tokens_.push_back(token);
}

bool CallPattern::operator==(const CallPattern& other) const {
  const auto is_same = [](const Token& left, const Token& right) {
    if (left.kind != right.kind || !is_same_text(left.name, right.name)) return false;
    return left.kind == Kind::value ? is_same_value(left.what, right.what) : left.what == right.what;
  };
  return std::equal(tokens_.begin(), tokens_.end(), other.tokens_.begin(), other.tokens_.end(), is_same);
}

void CallPattern::hold() const {
  for (const Token& token : tokens_) {
    Py_XINCREF(token.name);
    Py_XINCREF(token.what);
  }
}

void CallPattern::release() const {
  for (const Token& token : tokens_) {
    Py_XDECREF(token.name);
    Py_XDECREF(token.what);
  }
}

}  // namespace kiln::bindings
