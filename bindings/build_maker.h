// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bindings/policy.h"
#include "core/script/config.h"

namespace kiln::bindings {

// With the GIL.
py::dict context_values(const script::BuildContext& context);

// Makes the Python objects of a builder's builds. `maker` is BuilderView.maker.
std::shared_ptr<script::BuildMaker> make_build_maker(Policy& policy, script::ObjectRef maker);

}  // namespace kiln::bindings
