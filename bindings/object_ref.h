// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bindings/python.h"
#include "bindings/queues.h"
#include "core/script/object.h"

namespace kiln::bindings {

// A reference to a Python object that any thread may copy and drop: the decref happens on the policy thread.
class PythonObject final : public script::Object {
 public:
  PythonObject(py::object object, std::shared_ptr<WorkQueue> queue)
      : object_(object.release().ptr()), queue_(std::move(queue)) {}
  ~PythonObject() override { queue_->drop(object_); }
  PythonObject(const PythonObject&) = delete;
  PythonObject& operator=(const PythonObject&) = delete;

  // With the GIL.
  PyObject* get() const { return object_; }

 private:
  PyObject* object_;
  std::shared_ptr<WorkQueue> queue_;
};

// The object behind a reference that this side made; None for null. With the GIL.
inline py::object held(const script::ObjectRef& ref) {
  if (!ref) return py::none();
  return py::reinterpret_borrow<py::object>(static_cast<const PythonObject&>(*ref).get());
}

}  // namespace kiln::bindings
