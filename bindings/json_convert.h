// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bindings/python.h"
#include "core/base/json.h"
#include "core/model/properties.h"

// Json <-> Python. All with the GIL; all raise error_already_set.
namespace kiln::bindings {

enum class Dialect {
  plain,    // bytes are refused
  command,  // ('obfuscated', real, shown) and bytes become the markers of script::CommandRequest, and back
};

// TypeError for what JSON cannot say, ValueError for integers beyond 4300 digits, RecursionError for deep nesting.
// Tuples become lists, keys of dicts text.
Json to_json(py::handle value, Dialect dialect = Dialect::plain);
py::object to_python(const Json& value, Dialect dialect = Dialect::plain);
py::dict to_python(const JsonObject& value, Dialect dialect = Dialect::plain);

// Python's str() rules for what has no JSON form; empty and false values stay so.
Json to_json_or_text(py::handle value);

// UTF-8; lone surrogates become '?'.
std::string to_text(py::handle text);
py::str to_str(std::string_view text);

// {name: (value, source)}
Properties to_properties(py::handle mapping);
py::dict to_python(const Properties& properties);

}  // namespace kiln::bindings
