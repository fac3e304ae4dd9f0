// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bindings/json_convert.h"
#include "core/model/results.h"

// Small values of the border, from Python. With the GIL; all raise error_already_set.
namespace kiln::bindings {

inline bool is_true(py::handle value) {
  const int truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw py::error_already_set();
  return truth != 0;
}

inline std::optional<std::string> to_optional_text(py::handle value) {
  if (value.is_none()) return std::nullopt;
  return to_text(value);
}

inline std::optional<std::int64_t> to_optional_integer(py::handle value) {
  if (value.is_none()) return std::nullopt;
  return value.cast<std::int64_t>();
}

inline std::vector<std::string> to_texts(py::handle values) {
  std::vector<std::string> texts;
  for (const py::handle value : values) texts.push_back(to_text(value));
  return texts;
}

inline Results to_results(py::handle value) {
  const long code = PyLong_AsLong(value.ptr());
  if (code == -1 && PyErr_Occurred()) throw py::error_already_set();
  if (code < 0 || code >= static_cast<long>(results_names.size())) {
    throw py::value_error("results must be one of 0 (SUCCESS) to 6 (CANCELLED), not " + std::to_string(code));
  }
  return static_cast<Results>(code);
}

inline std::vector<Results> to_results_list(py::handle values) {
  std::vector<Results> list;
  for (const py::handle value : values) list.push_back(to_results(value));
  return list;
}

// (halt, flunk on failure, flunk on warnings, warn on failure, warn on warnings)
inline ResultFlags to_flags(py::handle values) {
  const auto flags = py::cast<py::sequence>(values);
  const auto at = [&](std::size_t i) { return is_true(py::object(flags[i])); };
  return {at(0), at(1), at(2), at(3), at(4)};
}

}  // namespace kiln::bindings
