// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace kiln::script {

// A user's Python object, held by the core without knowing Python. Dropped from any thread: bindings/ posts the decref.
class Object {
 public:
  virtual ~Object() = default;
};
using ObjectRef = std::shared_ptr<const Object>;

}  // namespace kiln::script
