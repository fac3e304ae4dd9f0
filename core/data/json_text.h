// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::data {

// Compact JSON text indented by two, with upstream's trailing space after each comma.
std::string indent_json(std::string_view compact);

}  // namespace kiln::data
