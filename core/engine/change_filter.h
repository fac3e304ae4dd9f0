// SPDX-License-Identifier: MIT
#pragma once

#include "core/script/config.h"

namespace kiln::engine {

// Whether a change passes a filter without Python.
bool passes(const script::NativeChangeFilter& filter, const Change& change);

}  // namespace kiln::engine
