// SPDX-License-Identifier: MIT
#include "bindings/json_convert.h"

#include <limits>
#include <optional>
#include <utility>

#include "core/base/big_integer.h"

namespace kiln::bindings {
namespace {

constexpr std::string_view obfuscated_marker = "__obfuscated__";
constexpr std::string_view bytes_marker = "__bytes__";

[[noreturn]] void raise_type_error(py::handle value) {
  PyErr_Format(PyExc_TypeError, "%R of type %s is not plain data (None, bool, int, float, str, list, dict)",
               value.ptr(), Py_TYPE(value.ptr())->tp_name);
  throw py::error_already_set();
}

// A list that contains itself ends as RecursionError instead of a crash.
class Nesting {
 public:
  Nesting() {
    if (Py_EnterRecursiveCall(" while converting a value to JSON")) throw py::error_already_set();
  }
  ~Nesting() { Py_LeaveRecursiveCall(); }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
};

Json integer(py::handle value) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (number == -1 && PyErr_Occurred()) throw py::error_already_set();
  if (overflow == 0) return Json(static_cast<std::int64_t>(number));
  const unsigned long long large = PyLong_AsUnsignedLongLong(value.ptr());
  if (!PyErr_Occurred()) return Json(static_cast<std::uint64_t>(large));
  if (!PyErr_ExceptionMatches(PyExc_OverflowError)) throw py::error_already_set();
  PyErr_Clear();
  return big_integer(to_text(py::repr(value)));  // raises ValueError beyond 4300 digits
}

py::object number_of(std::string_view digits) {
  auto number = py::reinterpret_steal<py::object>(PyLong_FromString(std::string(digits).c_str(), nullptr, 10));
  if (!number) throw py::error_already_set();
  return number;
}

std::optional<Json> obfuscated(py::handle value) {
  if (!PyTuple_CheckExact(value.ptr()) || PyTuple_GET_SIZE(value.ptr()) != 3) return std::nullopt;
  const py::handle tag = PyTuple_GET_ITEM(value.ptr(), 0);
  if (!PyUnicode_Check(tag.ptr()) ||
      PyUnicode_CompareWithASCIIString(tag.ptr(), "obfuscated") != 0) return std::nullopt;
  JsonArray pair;
  for (const Py_ssize_t i : {1, 2}) pair.push_back(to_json(PyTuple_GET_ITEM(value.ptr(), i), Dialect::command));
  return Json(JsonObject{{obfuscated_marker, std::move(pair)}});
}

Json latin1_marker(py::handle bytes) {
  const auto text = py::reinterpret_steal<py::object>(
      PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes.ptr()), PyBytes_GET_SIZE(bytes.ptr()), nullptr));
  if (!text) throw py::error_already_set();
  return Json(JsonObject{{bytes_marker, to_text(text)}});
}

JsonObject object(py::handle dict, Dialect dialect) {
  JsonObject out;
  for (const auto& [key, item] : py::reinterpret_borrow<py::dict>(dict)) {
    if (!PyUnicode_Check(key.ptr()) && !PyLong_Check(key.ptr())) raise_type_error(key);
    out.insert_or_assign(to_text(py::str(key)), to_json(item, dialect));
  }
  return out;
}

JsonArray array(py::handle sequence, Dialect dialect) {
  JsonArray out;
  const auto fast = py::reinterpret_steal<py::object>(PySequence_Fast(sequence.ptr(), "a list or tuple"));
  if (!fast) throw py::error_already_set();
  out.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(fast.ptr())));
  // The size is asked for anew each time: converting runs no user code, but lists are mutable all the same.
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast.ptr()); ++i) {
    out.push_back(to_json(PySequence_Fast_GET_ITEM(fast.ptr(), i), dialect));
  }
  return out;
}

py::object marked(const JsonObject& value) {
  if (value.size() != 1) return {};
  const auto& [key, item] = *value.begin();
  if (key == bytes_marker && item.is_string()) return to_str(item.get_string()).attr("encode")("latin-1");
  if (key == obfuscated_marker && item.is_array() && item.get_array().size() == 2) {
    const JsonArray& pair = item.get_array();
    return py::make_tuple("obfuscated", to_python(pair[0], Dialect::command), to_python(pair[1], Dialect::command));
  }
  return {};
}

}  // namespace

std::string to_text(py::handle text) {
  Py_ssize_t size = 0;
  if (const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size)) return {data, static_cast<std::size_t>(size)};
  if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) throw py::error_already_set();
  PyErr_Clear();
  const auto bytes = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "replace"));
  if (!bytes) throw py::error_already_set();
  return {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

py::str to_str(std::string_view text) {
  PyObject* decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (!decoded) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

Json to_json(py::handle value, Dialect dialect) {
  PyObject* const object_ptr = value.ptr();
  if (object_ptr == Py_None) return nullptr;
  if (PyBool_Check(object_ptr)) return Json(object_ptr == Py_True);
  if (PyUnicode_Check(object_ptr)) return Json(to_text(value));
  if (PyLong_Check(object_ptr)) return integer(value);
  if (PyFloat_Check(object_ptr)) return Json(PyFloat_AS_DOUBLE(object_ptr));
  const Nesting nesting;
  if (dialect == Dialect::command) {
    if (PyBytes_Check(object_ptr)) return latin1_marker(value);
    if (auto marker = obfuscated(value)) return *std::move(marker);
  }
  if (PyDict_Check(object_ptr)) return object(value, dialect);
  if (PyList_Check(object_ptr) || PyTuple_Check(object_ptr)) return array(value, dialect);
  raise_type_error(value);
}

Json to_json_or_text(py::handle value) {
  if (!PyTuple_Check(value.ptr()) || PyTuple_GET_SIZE(value.ptr()) == 0) {
    try {
      return to_json(value);
    } catch (const py::error_already_set& raised) {
      if (!raised.matches(PyExc_TypeError) && !raised.matches(PyExc_OverflowError)) throw;
    }
  }
  return Json(to_text(py::str(value)));
}

py::object to_python(const Json& value, Dialect dialect) {
  switch (value.kind()) {
    case boost::json::kind::null: return py::none();
    case boost::json::kind::bool_: return py::bool_(value.get_bool());
    case boost::json::kind::int64: return py::int_(value.get_int64());
    case boost::json::kind::uint64: return py::int_(value.get_uint64());
    case boost::json::kind::double_: return py::float_(value.get_double());
    case boost::json::kind::string: return to_str(value.get_string());
    case boost::json::kind::array: {
      py::list list;
      for (const Json& item : value.get_array()) list.append(to_python(item, dialect));
      return list;
    }
    case boost::json::kind::object: {
      if (dialect == Dialect::command) {
        if (py::object special = marked(value.get_object())) return special;
      }
      if (const auto digits = digits_of(value)) return number_of(*digits);
      return to_python(value.get_object(), dialect);
    }
  }
  return py::none();
}

py::dict to_python(const JsonObject& value, Dialect dialect) {
  py::dict dict;
  for (const auto& [key, item] : value) dict[to_str(key)] = to_python(item, dialect);
  return dict;
}

Properties to_properties(py::handle mapping) {
  Properties properties;
  for (const auto& [name, pair] : py::cast<py::dict>(mapping)) {
    const py::sequence value_and_source = py::cast<py::sequence>(pair);
    properties.set(to_text(name), to_json(py::object(value_and_source[0])),
                   to_text(py::object(value_and_source[1])));
  }
  return properties;
}

py::dict to_python(const Properties& properties) {
  py::dict dict;
  for (const Property& property : properties) {
    dict[to_str(property.name)] = py::make_tuple(to_python(property.value), to_str(property.source));
  }
  return dict;
}

}  // namespace kiln::bindings
