// SPDX-License-Identifier: MIT
#pragma once

#include "bindings/python.h"

// The awaitable that master calls return. It is a coroutine and a future at once, so it works in `await`,
// asyncio.create_task, gather, wait_for and shield, without a coroutine frame or an asyncio.Future of its own.
// Policy thread only.
namespace kiln::bindings {

// Adds the type to `_core`; before the first make_awaitable().
void add_awaitable_type(py::module_& module);

py::object make_awaitable(py::handle loop);
// Both are ignored when it was cancelled meanwhile.
void resolve(py::handle awaitable, py::handle value);
void reject(py::handle awaitable, py::handle exception);

}  // namespace kiln::bindings
