// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bindings/python.h"
#include "core/script/template.h"

namespace kiln::bindings {

// `_core.Interpolation`.
void add_interpolation(py::module_& module);

// The C++ side of one. Raises cast_error when it is something else.
std::shared_ptr<const script::Interpolation> to_interpolation(py::handle object);

}  // namespace kiln::bindings
