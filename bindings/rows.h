// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "bindings/json_convert.h"
#include "core/model/resources.h"
#include "core/script/step.h"

// Rows as Python dicts with REST's names, by the resource table. Times are epoch seconds, properties
// {name: (value, source)}.
namespace kiln::bindings {

template <class Row>
  requires requires { Resource<Row>::type; }
py::dict to_python(const Row& row);

inline py::object to_python(const std::string& text) { return to_str(text); }
inline py::object to_python(bool value) { return py::bool_(value); }
inline py::object to_python(std::int64_t value) { return py::int_(value); }
inline py::object to_python(int value) { return py::int_(value); }
inline py::object to_python(Results value) { return py::int_(static_cast<int>(value)); }
inline py::object to_python(LogType value) { return py::str(std::string(1, static_cast<char>(value))); }
template <class Tag>
py::object to_python(Id<Tag> id) {
  return py::int_(id.value);
}
template <class T>
py::object to_python(const std::optional<T>& value) {
  if (!value) return py::none();
  return to_python(*value);
}
template <class T>
py::object to_python(const std::vector<T>& values) {
  py::list list;
  for (const T& value : values) list.append(to_python(value));
  return list;
}

template <class Row>
  requires requires { Resource<Row>::type; }
py::dict to_python(const Row& row) {
  py::dict dict;
  for_each_field<Row>([&](const auto& field) { dict[to_str(field.info.name)] = to_python(row.*field.member); });
  return dict;
}

// The other way, for what users give. Missing keys keep their defaults; raises TypeError, cast_error.
// (bsid, {builderid: brid})
py::object triggered_of(Result<script::Triggered>& triggered);
SourceStamp to_sourcestamp(const py::dict& values);
Change to_change(const py::dict& values);
script::StampOrder to_stamp_order(const py::dict& values);

}  // namespace kiln::bindings
