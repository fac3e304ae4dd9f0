// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/json.h"

// How Python shows and judges plain values, for renderables that are evaluated without Python.
namespace kiln::script {

std::string python_str(const Json& value);
std::string python_repr(const Json& value);
std::string python_repr(std::string_view text, bool ascii = false);
bool is_truthy(const Json& value);

}  // namespace kiln::script
