// SPDX-License-Identifier: MIT
#pragma once

#include "core/model/results.h"

namespace kiln::script {

// A BuildSession may be one, too: user code reads the build's result while the build runs.
class ResultsMirror {
 public:
  virtual ~ResultsMirror() = default;
  // What the build's result would be if it ended now; at the beginning it is success.
  virtual void results_changed(Results results) = 0;
};

}  // namespace kiln::script
