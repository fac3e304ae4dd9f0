// SPDX-License-Identifier: MIT
#pragma once

#include <pybind11/pybind11.h>

// The one way into Python's headers; only included below bindings/.
namespace py = pybind11;
