// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"

namespace kiln::bindings {

// Adds StepBase, BuilderBase, SchedulerBase and WorkerBase: types whose instances remember how and where they were
// made, so that a step in a factory is a recipe. They have methods only: a class attribute of a user must not hide
// anything.
void add_recorded_bases(py::module_& module);

bool is_step_class(PyTypeObject* type);

// A sealed recipe of a step whose arguments are right. Its __init__ runs when somebody asks for an attribute: most are
// only counted. `kwargs` may be null.
PyObject* make_late(PyTypeObject* type, PyObject* args, PyObject* kwargs);

}  // namespace kiln::bindings
