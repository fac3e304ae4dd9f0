// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"
#include "core/script/template.h"

namespace kiln::bindings {

// A TemplateView: plain data is a constant, lists and dicts may hold nested ones, a tuple is always a renderable:
// ('interpolate', Interpolation, {keyword: view}) or ('property', name, fallback, fallback_when_false).
// With the GIL; raises error_already_set and cast_error.
script::Template to_template(py::handle view);

}  // namespace kiln::bindings
